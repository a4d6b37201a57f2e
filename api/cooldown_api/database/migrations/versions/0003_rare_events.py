"""An index of the events that are neither metrics nor progress: a list of them read past every step of training."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    rare = sa.text("type NOT IN ('metric', 'progress')")
    op.create_index("ix_events_rare", "events", ["job_id", "seq"], sqlite_where=rare, postgresql_where=rare)


def downgrade() -> None:
    op.drop_index("ix_events_rare", table_name="events")
