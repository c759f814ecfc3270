"""Assignments, and the program that builds and grades them."""
