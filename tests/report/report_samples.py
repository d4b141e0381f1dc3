"""A report as values: a company, three plans, two requests. Everything is invented; no person is in it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from governance.domain.findings import Finding, Status
from governance.domain.receipt import Tally
from governance.report.model import (
    Approved,
    Chain,
    Checked,
    Decided,
    Ending,
    Found,
    HoldLine,
    KeptRows,
    NotCovered,
    PlanDone,
    Report,
    RequestLine,
    RunLine,
    StepDone,
    Unjudged,
    Validated,
)

AS_OF = datetime(2026, 10, 1, 6, tzinfo=UTC)


def step(number: int, table: str, act: str, tally: Tally | None, of: int, *endings: Ending, note: str = "") -> StepDone:
    return StepDone(number, table, act, tally, tally.planned if tally else 0, of, endings, note)


def retention() -> PlanDone:
    delivered = "essential.service.fulfil: delivered before 2026-07-03 (order @ 2026-01)"
    return PlanDone(
        digest="6a1f4c0d9b7e" + "3" * 52,
        kind="retention",
        name="",
        as_of=AS_OF,
        state="verified",
        detail="",
        policy_version="2026-01",
        steps=(
            step(
                1,
                "logistics.shipments",
                "remove files",
                Tally(1_904, 1_904, 0, 0, 0),
                21_034,
                Ending(("delivery_photo",), "file", (delivered,), 1_904),
            ),
            step(
                2,
                "shop.orders",
                "end cells",
                Tally(41_202, 41_117, 0, 85, 0),
                61_880,
                Ending(("recipient_name", "recipient_phone", "recipient_address"), "null", (delivered,), 41_202),
                Ending(
                    ("ip", "device_id"), "null", ("security.fraud: placed_at before 2025-10-01 (order @ 2026-01)",), 18_300
                ),
            ),
            step(3, "web.sessions", "delete rows", Tally(28_446, 28_446, 0, 0, 0), 40_112),
            step(
                4,
                "crm.subscriptions",
                "delete rows",
                Tally(1_204, 1_201, 0, 0, 3),
                9_600,
                Ending(
                    ("email",),
                    "row is deleted",
                    ("marketing.newsletter: consent withdrawn or never given (marketing @ 2026-01)",),
                    1_204,
                ),
            ),
        ),
        kept=(
            KeptRows("shop.orders", (), "legal hold", 12),
            KeptRows("crm.customers", (), "referenced by finance.invoices", 3_114),
        ),
        gaps=(
            Finding(
                Status.GAP,
                "disposal.trigger_unknown",
                "logistics.shipments",
                "recipient_phone",
                "no date for delivered: 61 rows kept",
                "declare a trigger that is open with `at_latest:`",
                61,
                "logistics",
            ),
        ),
        approval=Approved(
            "approved",
            "66.5 % of shop.orders, more than 1 %",
            ("compliance.officer", "legal.counsel"),
            1,
            (Decided("compliance.officer", True, datetime(2026, 10, 1, 6, 14, tzinfo=UTC), "airflow"),),
        ),
        checks=tuple(
            Checked(t, w, 0, "erased")
            for t, w in (
                ("logistics.shipments", "remove files"),
                ("shop.orders", "end cells"),
                ("web.sessions", "delete rows"),
                ("crm.subscriptions", "delete rows"),
            )
        ),
    )


def erasure(state: str = "closed", left: int = 0) -> PlanDone:
    return PlanDone(
        digest="b2" * 32,
        kind="request",
        name="R-2026-0017",
        as_of=AS_OF,
        state=state,
        detail="",
        policy_version="2026-01",
        steps=(
            step(1, "support.tickets", "rewrite cells", Tally(3, 3 - left, left, 0, 0), 8_000, note="words of one person"),
            step(
                2,
                "crm.customers",
                "end cells",
                Tally(1, 1, 0, 0, 0),
                20_000,
                Ending(
                    ("first_name", "last_name", "email", "phone"),
                    "null",
                    ("essential.service: ended on request (account @ 2026-01)",),
                    1,
                ),
            ),
        ),
        kept=(
            KeptRows(
                "finance.invoices", ("buyer_name", "buyer_address"), "essential.legal (Tax Code, example, ask counsel)", 4
            ),
        ),
        approval=Approved(
            "approved",
            "every request needs the compliance officer",
            ("compliance.officer",),
            1,
            (Decided("compliance.officer", True, datetime(2026, 10, 1, 6, 31, tzinfo=UTC), "airflow"),),
        ),
        checks=(
            Checked("support.tickets", "rewrite cells", left, "residual" if left else "depersonalized"),
            Checked("crm.customers", "end cells", 0, "depersonalized"),
        ),
    )


def sample(**changes: object) -> Report:
    values: dict[str, object] = {
        "organization": "Kargo (demo)",
        "contact": "privacy@kargo.example",
        "zone": "Asia/Baku",
        "as_of": AS_OF,
        "since": None,
        "until": None,
        "policy_version": "2026-01",
        "policy_digest": "4f" * 32,
        "found": Found(
            AS_OF, 312, 96, 94, 2, 0, (("user.contact.email", 14), ("user.name", 12), ("user.contact.phone_number", 11))
        ),
        "validations": (Validated(AS_OF, 288, 7, 17), Validated(datetime(2026, 10, 1, 7, tzinfo=UTC), 292, 2, 17)),
        "findings": (
            Finding(
                Status.VIOLATION,
                "catalog.legal_basis",
                "web.location_pings",
                "latitude",
                "has no legal basis for functional.location under gdpr",
                "declare the basis of the purpose in that regime, or drop the purpose from the column",
                None,
                "mobile",
            ),
            Finding(
                Status.VIOLATION,
                "catalog.consent_living",
                "crm.sms_optins",
                "phone",
                "12 of 4,310 rows have no living consent for marketing.sms",
                "let the next scheduled disposal end them, or find out why they were collected",
                12,
                "marketing",
            ),
            Finding(
                Status.GAP,
                "catalog.judged",
                "staging.import_2024",
                "col_7",
                "nobody has said",
                "declare it",
                None,
                "data.engineer",
            ),
            Finding(
                Status.GAP,
                "catalog.same_kind",
                "crm.partners",
                "contact",
                "is declared user.name and was confirmed as user.contact.email",
                "correct the category in the policy, or the decision",
                None,
                "sales",
            ),
        ),
        "plans": (retention(), erasure()),
        "requests": (
            RequestLine(
                "R-2026-0017",
                "erasure",
                ("customer", "business_partner"),
                "az",
                date(2026, 9, 28),
                date(2026, 10, 7),
                "closed",
                closed=date(2026, 10, 1),
                opened_by="compliance.officer",
            ),
            RequestLine("R-2026-0018", "access", ("customer",), "gdpr", date(2026, 9, 30), date(2026, 10, 30), "received"),
        ),
        "holds": (
            HoldLine(
                "H-3",
                "Customs inquiry",
                "letter of 2 August 2026",
                "legal.counsel",
                datetime(2026, 8, 3, tzinfo=UTC),
                None,
                "customers named in the letter",
                41,
            ),
        ),
        "chain": Chain(214, "9e" * 32, None, 214, AS_OF),
        "unjudged": (
            Unjudged("staging.import_2024", "col_7", "data.engineer", date(2026, 7, 1), "user.contact.phone_number"),
            Unjudged("mart.weekly_sales", "segment", "", None),
        ),
        "not_covered": (
            NotCovered("nightly database backups", "35 days", "a backup is not rewritten; it ends with its horizon"),
        ),
        "recorded": date(2026, 10, 1),
        "runs": (
            RunLine("discover", AS_OF, "done"),
            RunLine("validate", AS_OF, "violations", "288 compliant, 7 violation, 17 gap"),
        ),
    }
    return Report(**(values | changes))  # type: ignore[arg-type]
