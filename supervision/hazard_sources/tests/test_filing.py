"""Filing with its papers and documents, striking off with its refusal, sending upward with its frozen rows."""

import datetime as dt
import io

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.utils import timezone

from core import deadlines, files, reference
from core.documents import pdf
from core.documents.service import of as documents_of
from core.workflow import Incomplete, NotAllowed
from supervision.hazard_sources import assessing, cancelling, clocks, filing, inventory, papers, upward
from supervision.hazard_sources.models import Filing, HazardSource, Transmission, TransmittedRow
from supervision.hazard_sources.tests.making import give_papers


@pytest.fixture
def rules(db):
    reference.load_deadline_rules()


@pytest.fixture
def ready(cast, rules, assessed):
    give_papers(assessed, cast.enterprise)
    return assessed


class TestPapers:
    def test_they_are_listed_by_law_and_the_platforms_own_are_there(self, assessed):
        states = dict(assessed.filings.get().papers.values_list("key", "state"))
        assert len(states) == 11 and states["grading"] == states["features"] == "given" and states["msds"] == "missing"

    def test_nothing_is_handed_in_while_one_is_missing(self, cast, assessed):
        with pytest.raises(NotAllowed, match="备案材料还缺 8 项：涉及的所有化学品安全技术说明书"):
            filing.submit(assessed, actor=cast.enterprise)

    def test_what_does_not_apply_is_explained(self, cast, assessed):
        with pytest.raises(ValidationError, match="说明原因"):
            filing.set_paper(assessed, "drawings", actor=cast.enterprise, state="none")
        with pytest.raises(ValidationError):
            filing.set_paper(assessed, "nonsense", actor=cast.enterprise, state="given")

    def test_a_file_makes_it_given_and_is_served_to_who_sees_the_source(self, cast, browse, assessed):
        upload = SimpleUploadedFile("说明书.pdf", b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF")
        paper = filing.set_paper(assessed, "msds", actor=cast.enterprise, state="missing", uploads=[upload])
        assert paper.state == "given"
        url = files.described(files.of(paper).get())["url"]
        assert browse(cast.district).get(url).status_code == 200
        assert browse(cast.neighbour).get(url).status_code == 404

    def test_the_next_filing_begins_with_the_papers_of_the_last(self, cast, filed):
        inventory.change(filed, [{"substance": "氯", "quantity_t": "26"}], actor=cast.enterprise, reason="核实")
        assessing.assess_source(filed, actor=cast.enterprise)
        left = [p.key for p in filing.current(filed).papers.all() if not p.is_settled]
        assert left == ["report"]

    def test_refused_by_role_and_region(self, cast, assessed):
        with pytest.raises(PermissionDenied):
            filing.set_paper(assessed, "msds", actor=cast.duty, state="given")
        with pytest.raises(HazardSource.DoesNotExist):
            filing.set_paper(assessed, "msds", actor=cast.neighbour, state="given")


class TestFiling:
    def test_handed_in_sent_back_and_accepted(self, cast, ready):
        filing.submit(ready, actor=cast.enterprise)
        running = set(deadlines.running(ready).values_list("rule__key", flat=True))
        assert ready.state == "submitted" and clocks.FILING_CHECK in running and clocks.FILING not in running
        with pytest.raises(NotAllowed, match="审查期间不能再改"):
            filing.set_paper(ready, "msds", actor=cast.enterprise, state="given")
        with pytest.raises(Incomplete, match="理由"):
            filing.send_back(ready, actor=cast.district, note=" ")
        filing.send_back(ready, actor=cast.district, note="应急预案没有评审意见\n缺少平面布置图")
        now = filing.current(ready)
        assert ready.state == "assessed" and "平面布置图" in now.returned_note
        assert documents_of(ready).get(type_key="hazard_sources.return").data["missing"][1] == "缺少平面布置图"
        filing.submit(ready, actor=cast.enterprise)
        filing.file_source(ready, actor=cast.district, filing_number="BA1")
        now.refresh_from_db()
        assert (ready.state, now.number, now.accepted_by, now.days_late) == ("filed", "BA1", cast.district, 0)
        assert now.document.type_key == "hazard_sources.filing" and now.document.number.startswith(
            "（鲁东）应急重危备〔"
        )

    def test_lateness_is_counted(self, cast, rules, source):
        assessing.identify_source(source, actor=cast.enterprise)
        assessing.assess_source(source, actor=cast.enterprise, on=timezone.localdate() - dt.timedelta(days=20))
        give_papers(source, cast.enterprise)
        filing.submit(source, actor=cast.enterprise)
        assert filing.current(source).days_late == 5

    def test_a_number_belongs_to_one_source(self, cast, filed, site):
        from supervision.hazard_sources.tests.making import add

        other = add(cast.enterprise, site, name="乙库")
        assessing.identify_source(other, actor=cast.enterprise)
        assessing.assess_source(other, actor=cast.enterprise)
        give_papers(other, cast.district)
        with pytest.raises(NotAllowed, match="已用于另一处"):
            filing.file_source(other, actor=cast.district, filing_number=filed.filing_number)

    @pytest.mark.parametrize(("verb", "more", "who"), [
        ("submit", {}, "duty"), ("send_back", {"note": "x"}, "enterprise"),
        ("file_source", {"filing_number": "1"}, "enterprise"),
    ])  # fmt: skip
    def test_refused_by_role_region_state_and_twice(self, cast, ready, verb, more, who):
        take = getattr(filing, verb)
        if verb != "submit":
            filing.submit(ready, actor=cast.enterprise)
        with pytest.raises(PermissionDenied):
            take(ready, actor=getattr(cast, who), **more)
        with pytest.raises(HazardSource.DoesNotExist):
            take(ready, actor=cast.neighbour, **more)
        take(ready, actor=cast.district, **more)
        with pytest.raises(NotAllowed):
            take(ready, actor=cast.district, **more)

    def test_the_papers_open_as_pdf(self, cast, filed):
        """Word's file through LibreOffice: what people print."""
        if pdf.office() is None:
            pytest.skip("LibreOffice is not installed")
        papers.issue_features(filed, actor=cast.district)
        for document in documents_of(filed):
            assert pdf.convert(files.path_of(document.file).read_bytes()).startswith(b"%PDF-")


class TestCancelling:
    def test_applied_for_and_struck_off_in_time(self, cast, rules, filed):
        cancelling.apply(filed, actor=cast.enterprise, reason="储罐已拆除", report_number="A9")
        application = filed.cancellations.get()
        assert filed.state == "cancelling" and application.due_on == timezone.localdate() + dt.timedelta(days=30)
        assert clocks.CANCEL_CHECK in set(deadlines.running(filed).values_list("rule__key", flat=True))
        cancelling.cancel_source(filed, actor=cast.district, note="现场核查属实")
        application.refresh_from_db()
        assert (filed.state, application.outcome, application.findings) == ("cancelled", "cancelled", "现场核查属实")
        assert application.document.type_key == "hazard_sources.cancelled" and not deadlines.running(filed).exists()

    @pytest.mark.parametrize("state", ["assessed", "filed", "due"])
    def test_a_refusal_leads_back_to_where_it_was(self, cast, filed, state):
        HazardSource.objects.filter(pk=filed.pk).update(state=state)
        cancelling.apply(filed, actor=cast.enterprise, reason="停产")
        cancelling.refuse(filed, actor=cast.district, note="储罐仍有存量")
        row = filed.cancellations.get()
        assert (filed.state, row.outcome) == (state, "refused")
        assert row.document.data["findings"] == "储罐仍有存量"
        cancelling.apply(filed, actor=cast.enterprise, reason="再次申请")
        assert filed.cancellations.count() == 2

    def test_refused_by_role_region_state_and_twice(self, cast, filed):
        with pytest.raises(PermissionDenied):
            cancelling.apply(filed, actor=cast.duty, reason="x")
        with pytest.raises(HazardSource.DoesNotExist):
            cancelling.apply(filed, actor=cast.neighbour, reason="x")
        with pytest.raises(NotAllowed):
            cancelling.refuse(filed, actor=cast.district, note="x")
        cancelling.apply(filed, actor=cast.enterprise, reason="x")
        with pytest.raises(NotAllowed):
            cancelling.apply(filed, actor=cast.enterprise, reason="x")
        with pytest.raises(PermissionDenied):
            cancelling.refuse(filed, actor=cast.enterprise, note="x")


class TestUpward:
    @pytest.fixture
    def grave(self, cast, site, rules):
        """A source of the first grade, filed in the quarter that is over."""
        from supervision.hazard_sources.tests.making import add

        made = add(cast.enterprise, site, name="液氯罐区", items=[{"substance": "氯", "quantity_t": "62.5"}])
        assessing.identify_source(made, actor=cast.enterprise)
        assessing.assess_source(made, actor=cast.enterprise)
        give_papers(made, cast.district)
        filing.file_source(made, actor=cast.district, filing_number="BA9")
        return made

    def past(self, cast, user="district"):
        return next(p for p in upward.periods(getattr(cast, user)) if p.is_over)

    def put_into(self, source, period):
        moment = timezone.make_aware(dt.datetime.combine(period.ends_on, dt.time(9)))
        Filing.objects.filter(source=source).update(accepted_at=moment)

    def test_a_county_sends_first_and_second_grades_frozen(self, cast, grave, filed):
        period = self.past(cast)
        self.put_into(grave, period)
        self.put_into(filed, period)  # of the third grade: not the city's concern
        assert [row["name"] for row in upward.contents(period)] == ["液氯罐区"]
        sent = upward.send(period, actor=cast.district, note="无")
        assert (sent.count, sent.period, sent.sent_by) == (1, period.name, cast.district)
        grave.name = "改名"
        grave.save()
        rows = [row.data for row in sent.rows.all()]
        assert rows[0]["name"] == "液氯罐区" and upward.digest(rows) == sent.sha256
        assert sent.days_late == max((timezone.localdate() - period.due_on).days, 0)

    def test_twice_too_early_by_role_and_for_others_is_refused(self, cast, rules):
        period = self.past(cast)
        with pytest.raises(PermissionDenied):
            upward.send(period, actor=cast.neighbour)
        with pytest.raises(PermissionDenied):
            upward.send(period, actor=cast.city)  # a city sends for itself
        with pytest.raises(PermissionDenied):
            upward.send(period, actor=cast.enterprise)
        with pytest.raises(NotAllowed, match="还没有结束"):
            upward.send(next(p for p in upward.periods(cast.district) if not p.is_over), actor=cast.district)
        upward.send(period, actor=cast.district)
        with pytest.raises(NotAllowed, match="已经报送过"), transaction.atomic():
            upward.send(period, actor=cast.district)

    def test_what_was_sent_cannot_be_changed(self, cast, grave):
        period = self.past(cast)
        self.put_into(grave, period)
        upward.send(period, actor=cast.district)
        for model in (Transmission, TransmittedRow):
            with pytest.raises(DatabaseError), transaction.atomic():
                model.objects.all().delete()

    def test_the_pages(self, cast, browse, grave):
        period = self.past(cast)
        self.put_into(grave, period)
        office, url = browse(cast.district), f"/hazard_sources/upward/{period.key}/"
        assert period.name in office.get("/hazard_sources/upward/").content.decode()
        assert "报送 1 条" in office.get(url).content.decode()
        assert office.get(f"{url}export.xlsx").status_code == 404
        assert office.post(url, {"note": ""}).status_code == 302
        assert office.post(url, {"note": ""}).status_code == 409
        page = office.get(url).content.decode()
        assert "与所存内容一致" in page
        book = openpyxl.load_workbook(io.BytesIO(office.get(f"{url}export.xlsx").content))
        text = " ".join(str(value) for row in book.active.iter_rows(values_only=True) for value in row)
        assert "液氯罐区" in text and "BA9" in text
        assert browse(cast.neighbour).get(url).status_code == 404
        assert browse(cast.enterprise).get("/hazard_sources/upward/").status_code == 403
        watching = browse(cast.city).get("/hazard_sources/upward/").content.decode()
        assert "广饶县" in watching and "报省级" in watching

    @pytest.mark.parametrize(
        "key", ["city-370523-20260215", "x", "city--", "city-370523-99991301", "city-370522-20260101"]
    )
    def test_periods_that_are_none_are_not_found(self, cast, browse, key):
        assert browse(cast.district).get(f"/hazard_sources/upward/{key}/").status_code == 404
