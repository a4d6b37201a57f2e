"""When a job's events, metrics and log lines were removed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("details_removed_at", "details_cleared_at"):
        op.add_column("jobs", sa.Column(name, sa.Float(53), nullable=True))
    op.create_index("ix_jobs_retention", "jobs", ["details_cleared_at", "finished_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_jobs_retention", table_name="jobs")
    for name in ("details_cleared_at", "details_removed_at"):
        op.drop_column("jobs", name)
