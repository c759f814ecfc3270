collect_ignore_glob = ["[!t]*.py"]  # loaded by test_errata.py, not collected for doctests
