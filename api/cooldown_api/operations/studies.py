"""Studies: arms times seeds of one recipe, each cell a job, compared at the end."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from cooldown_api.access import Access
from cooldown_api.creating.studies import prepare_study
from cooldown_api.database.tables import Job, Study
from cooldown_api.jobs.control import cancel
from cooldown_api.jobs.load import load_job_to_change
from cooldown_api.pages import Cursor, page_of, select_page
from cooldown_api.problems import not_found
from cooldown_api.reading.study_cells import view_studies, view_study
from cooldown_api.reading.views import ended
from cooldown_api.values import check_body
from cooldown_kit.client import wire


def study_maker(access: Access, body: wire.StudyCreate) -> Callable[[Session], wire.Study]:
    """One job for each arm and seed, all or none. Raises :class:`ProblemError` for whatever is wrong with the request."""
    check_body(body)
    submit = prepare_study(access, body)
    return lambda session: view_study(session, submit(session))


def list_studies(access: Access, cursor: Cursor) -> wire.Page[wire.Study]:
    """Newest first, their cells without evidence: that is in each study."""
    with access.read() as session:
        rows, more = select_page(session, select(Study), Study.id, cursor)
        return page_of(view_studies(session, rows, evidence=False), more)


def get_study(access: Access, id: str) -> wire.Study:
    """With a cell for each arm and seed: its newest job and what that showed."""
    with access.read() as session:
        return view_study(session, _load(session, id))


def cancel_study(access: Access, id: str) -> wire.Study:
    """Jobs that have ended stay as they are. Asking twice changes nothing."""
    with access.write() as session:
        study = _load(session, id)
        now = access.now(session)
        ids = session.scalars(select(Job.id).where(Job.study_id == id).order_by(Job.id)).all()
        for job_id in ids:
            job = load_job_to_change(session, job_id)
            if not ended(job):
                cancel(session, job, now=now)
        access.audit(session, "study.cancel", study.id)
        session.flush()
        return view_study(session, study)


def _load(session: Session, id: str) -> Study:
    study = session.scalar(select(Study).where(Study.id == id))
    if study is None:
        raise not_found("study", id)
    return study
