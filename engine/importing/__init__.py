"""Turns files into tables: CSV, JSON, spreadsheets, SQL scripts, rows of Parquet, SQLite databases.

Start with intake.py, which takes in one file, and preview.py, which shows what one would become.
file_kinds.py tells formats apart. Each format has modules with its prefix: csv_*, json_*, sql_*,
sqlite_file, excel_* for all spreadsheets, and xlsx_*, xlsb_*, xls_* and ods_* for each kind.
loose_table.py and column_types.py collect rows and choose types, landing.py and finishing.py put
tables into a database. configuration.py reads metadata and settings. Fetching and unpacking come
before, in shell/worker/sources.
"""
