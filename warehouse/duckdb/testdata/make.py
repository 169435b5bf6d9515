"""Writes duckdb2.duckdb.gz: a warehouse as DuckDB 2.0 creates it by default, for tests on machines without Python.

Run it in this folder with Python and `pip install duckdb==2.0.0`.
"""

import gzip
import os
import pathlib
import tempfile

import duckdb

assert duckdb.__version__ == "2.0.0", duckdb.__version__

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "duckdb2.duckdb")
    connection = duckdb.connect(path)
    connection.execute("CREATE TABLE t AS SELECT range AS i, DATE '2026-01-01' + range::INTEGER AS day FROM range(10)")
    connection.execute("CREATE VIEW v AS SELECT i FROM t WHERE i > 4")
    connection.close()
    content = pathlib.Path(path).read_bytes()

pathlib.Path(__file__).with_name("duckdb2.duckdb.gz").write_bytes(gzip.compress(content, 9, mtime=0))
