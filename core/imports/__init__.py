"""Rows from a file into the records: read in a child process, checked, shown, written all or in part, and undone.

reading.py: what a reader of a file kind owes; sheet.py: what a sheet is; batches.py: the steps of a batch.
"""
