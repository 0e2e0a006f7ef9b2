"""A notebook as a script: run it from top to bottom against a running desk and an export of it as Parquet.

usage: python notebook.py ADDRESS FOLDER     (after: onrecord export FOLDER --format parquet)
"""

# %% Who is quoted most?
import sys
from collections import Counter
from pathlib import Path

from onrecord.web.client import Client
from pyarrow import parquet

desk = Client(sys.argv[1])
hits = list(desk.hits("harbour"))
for name, count in Counter(hit.speaker_name for hit in hits).most_common(5):
    print(f"{name}: {count}")

# %% Who reports a statement, and in which words?
record = desk.statement(hits[0].statement_id)
for reported in record.reports:
    article = reported.report.article
    print(f"{article.source}: {reported.verdict}: {reported.report.quote.content} {article.url}")

# %% How many statements are there by day and speaker?
table = parquet.ParquetDataset(sorted(Path(sys.argv[2]).glob("statements-*.parquet"))).read()
days = Counter((row["first_seen"].date().isoformat(), row["speaker_name"]) for row in table.to_pylist())
for (day, speaker), count in sorted(days.items()):
    print(f"{day} {speaker}: {count}")

# %% What does a column mean?
print(table.schema.field("changed_from").metadata[b"meaning"].decode())
