"""nnbook: what the book needs besides the library that it teaches.

=========== =========================================================
demos       figures that move, live and on a page
teaching    the derivation checker, five courses' derivations, the bugs
checking    what the assignments' checks are written with
results     what the long experiments measured
book_data   the YAML files of `book/data`, each checked by its schema
courses     the five courses by name
pages       the pages in the order of the table of contents
minutes     how long a page takes to read
published   Nielsen's printed numbers beside ours
notations   what the notation reader shows of other notations
=========== =========================================================

It comes in one wheel with nnlib, which never imports it.
"""
