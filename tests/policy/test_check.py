"""Checking a policy in itself: every name leads somewhere, every personal column has an end, every mistake has its place."""

from __future__ import annotations

from typing import Any

import pytest

from governance.policy.check import check, examine, load_checked, require
from governance.policy.load import load_policy
from governance.policy.mistakes import PolicyMistakes

SHOP, COMPANY, PURPOSES = "datasets/shop.yaml", "company.yaml", "purposes.yaml"


def test_the_sound_policy_has_nothing_to_say(draft: Any) -> None:
    loaded = draft.load()
    examined = examine(loaded)
    assert (examined.mistakes, examined.look, examined.unjudged) == ((), (), ())
    assert require(loaded) is loaded


# (file, what stands there, what is written instead, piece of the line it is told at, words of it)
WRONG: dict[str, tuple[str, str, str, str, str]] = {
    "time zone": (COMPANY, "Asia/Baku", "Asia/Bakuu", "time_zone", "there is no time zone `Asia/Bakuu`"),
    "regime of the company": (COMPANY, "regimes: [az, gdpr]", "regimes: [az, gdprr]", "regimes: [az", "no regime `gdprr`"),
    "policy version": (COMPANY, 'policy_version: "2"', 'policy_version: "3"', "policy_version", "no published version `3`"),
    "approver": (COMPANY, "retention: [nigar]", "retention: [nigat]", "approvers:", "there is no person `nigat`"),
    "approver without a role": (COMPANY, "{user: elvin, roles: [engineer]}", "{user: elvin, roles: []}", "approvers:",
                                "`elvin` has no role"),
    "too few approvers": (COMPANY, "approvers: {retention: [nigar], request: [nigar], policy: [nigar, elvin]}",
                          "people: 2\n  approvers: {request: [nigar, nigar]}", "approvers: {",
                              "request needs 2 approvers and names 1"),
    "text that is not there": (COMPANY, "file: text/policy.txt", "file: text/old.txt", "text/old.txt",
        "there is no file text/old.txt"),
    "regime of a basis": (PURPOSES, "legal_basis: {az: contract, gdpr: contract}", "legal_basis: {az: contract, gdpt: contract}",
                          "gdpt", "there is no regime `gdpt`"),
    "preference": (PURPOSES, "preference: newsletter", "preference: newsleter", "preference: newsleter",
                   "no consent ledger holds the preference `newsleter`"),
    "purpose of a schedule": (PURPOSES, "{purpose: tax, trigger: placed", "{purpose: taxes, trigger: placed", "purpose: taxes",
                              "there is no purpose `taxes`"),
    "consent with a trigger": (PURPOSES, "{purpose: marketing, until_withdrawn: true}", "{purpose: marketing, trigger: closed}",
                               "purpose: marketing", "rests on consent and must live until it is withdrawn"),
    "no consent and no trigger": (PURPOSES, "{purpose: delivery, trigger: closed, keep: P1Y}",
                                  "{purpose: delivery, until_withdrawn: true}", "delivery, until", "does not rest on consent"),
    "two schedules for one purpose": (PURPOSES, "      - {purpose: marketing, until_withdrawn: true}",
                                      "      - {purpose: delivery, trigger: closed}\n"
                                      "      - {purpose: marketing, until_withdrawn: true}",
                                      "{purpose: delivery, trigger: closed}", "schedule for purpose `delivery` stands twice"),
    "purpose twice": (PURPOSES, "key: tax\n", "key: delivery\n", "key: delivery\n    name: Tax", "key `delivery` stands twice"),
    "holidays": (COMPANY, "holidays: AZ", "holidays: XX", "holidays: XX",
        "`XX` is neither a declared calendar nor a country code"),
    "two deadlines": (COMPANY, "- {request: erasure, working_days: 7}",
                      "- {request: erasure, working_days: 7}\n      - {request: erasure, months: 2}", "months: 2",
                      "deadline for `erasure` stands twice"),
    "purpose of a recipient": (COMPANY, "purposes: [delivery]", "purposes: [shipping]", "key: courier", "no purpose `shipping`"),
    "recipient without purpose": (COMPANY, "purposes: [delivery]", "purposes: []", "key: courier", "gets data for no purpose"),
    "identity table": (PURPOSES, "{table: shop.customers, key", "{table: shop.clients, key", "shop.clients",
        "no table shop.clients"),
    "identity key": (PURPOSES, "key: customer_id}\n    identifiers", "key: client_id}\n    identifiers", "key: client_id",
                     "table shop.customers has no column `client_id`"),
    "identifier column": (PURPOSES, "column: email,", "column: mail,", "column: mail",
        "table shop.customers has no column `mail`"),
    "form that is not declared": (PURPOSES, "resolve_by: [[email]]", "resolve_by: [[phone]]", "resolve_by",
                                  "there is no identifier of the form `phone`"),
    "shared identifier alone": (PURPOSES, "resolve_by: [[email]]", "resolve_by: [[name]]", "resolve_by",
                                "name alone cannot say who somebody is"),
    "consent table": (PURPOSES, "table: shop.consents", "table: shop.consent", "table: shop.consent\n", "no table shop.consent"),
    "consent column": (PURPOSES, "granted_at: granted_at", "granted_at: given_at", "given_at", "no column `given_at`"),
    "kind of a consent": (PURPOSES, "{kind: customer, key", "{kind: client, key", "{kind: client", "no subject kind `client`"),
    "owner": (SHOP, "owner: elvin", "owner: somebody", "owner: somebody", "there is no person or role `somebody`"),
    "who set enforce": (SHOP, "set_by: nigar", "set_by: nigat", "mode:", "there is no person `nigat`"),
    "recipient": (SHOP, "recipients: [courier]", "recipients: [currier]", "recipients: [", "there is no recipient `currier`"),
    "table twice": (SHOP, "- name: lines", "- name: orders",
        "name: orders\n        meta:\n          governance:\n            deletable",
                    "table shop.orders is declared twice"),
    "column twice": (SHOP, "- name: invoice_name", "- name: recipient_phone",
        "name: recipient_phone\n            data_categories: [user.name]",
                     "column `recipient_phone` stands twice"),
    "personal and not": (SHOP, "not_personal: [customer_id, closed_at]", "not_personal: [customer_id, closed_at, name]",
                         "closed_at, name", "column `name` is declared personal and not personal"),
    "nobody confirmed": (SHOP, "not_personal: [id]\n            confirmed_by: elvin", "not_personal: [id]", "not_personal: [id]",
                         "nobody has confirmed"),
    "who confirmed": (SHOP, "not_personal: [id]\n            confirmed_by: elvin",
        "not_personal: [id]\n            confirmed_by: elwin",
                      "elwin", "there is no person `elwin`"),
    "record class of a table": (SHOP, "record_class: order\n", "record_class: orders\n", "record_class: orders",
                                "there is no record class `orders`"),
    "kind of a path": (SHOP, "{buyer: {kind: customer,", "{buyer: {kind: buyer,", "kind: buyer",
        "there is no subject kind `buyer`"),
    "key of a path": (SHOP, "{buyer: {kind: customer, key: customer_id}}", "{buyer: {kind: customer, key: client}}",
        "key: client",
                      "table shop.orders has no column `client`"),
    "hop to no table": (SHOP, "[{table: shop.consents, where", "[{table: shop.agreed, where", "shop.agreed",
        "there is no table shop.agreed"),
    "left of a hop": (SHOP, "where: {customer_id: id}}]", "where: {person: id}}]", "where: {person",
        "table shop.consents has no column `person`"),
    "right of a hop": (SHOP, "where: {customer_id: id}}]", "where: {customer_id: no}}]", "customer_id: no",
        "shop.mailing has no column `no`"),
    "trigger column": (SHOP, "closed: {column: closed_at}", "closed: {column: closed}", "closed: {column: closed}",
                       "table shop.customers has no column `closed`"),
    "end of an open trigger": (SHOP, "at_latest: {column: placed_at", "at_latest: {column: put_at", "put_at",
        "has no column `put_at`"),
    "open part of a trigger": (SHOP, "placed: {column: placed_at}",
                               "placed: {first_of: [{column: placed_at, when_null: open, "
                               "at_latest: {column: placed_at, keep: P1D}}]}",
                               "first_of", "a part of `first_of:` cannot be open"),
    "goes with no table": (SHOP, "{with: shop.orders}", "{with: shop.order}", "with: shop.order}",
        "there is no table shop.order"),
    "copy of no table": (SHOP, "derived_from: {table: shop.customers", "derived_from: {table: shop.clients", "shop.clients",
                         "there is no table shop.clients"),
    "copied columns": (SHOP, "where: {id: customer_id}", "where: {id: client_id}", "client_id",
        "shop.customers has no column `client_id`"),
    "copy of another table": (SHOP, "derived_from: shop.customers.email", "derived_from: shop.orders.invoice_name",
                              "shop.orders.invoice_name", "is not in shop.customers, which shop.mailing copies"),
    "copy of no column": (SHOP, "derived_from: shop.customers.email", "derived_from: shop.customers.mail", "shop.customers.mail",
                          "shop.customers.mail is not declared as a field"),
    "copy without rows": (SHOP, "            derived_from: {table: shop.customers, where: {id: customer_id}}\n", "",
                          "derived_from: shop.customers.email", "does not say which rows of shop.customers it copies"),
    "no purpose": (SHOP, "{purposes: [tax], subject", "{subject", "name: invoice_name",
        "personal column shop.orders.invoice_name has no purpose"),
    "unknown purpose": (SHOP, "{purposes: [tax]", "{purposes: [taxx]", "purposes: [taxx]", "there is no purpose `taxx`"),
    "no schedule": (SHOP, "{purposes: [delivery, marketing]", "{purposes: [delivery, tax]", "[delivery, tax]",
                    "record class `account` does not say how long purpose `tax` lives"),
    "no record class": (SHOP, "            record_class: order\n            subjects: {buyer", "            subjects: {buyer",
                        "{purposes: [delivery], subject: buyer, end_state: {kind: null}}", "has purposes and no record class"),
    "no such trigger": (SHOP, "triggers: {closed:", "triggers: {ended:", "purposes: [delivery, marketing]",
                        "runs from `closed`, and shop.customers declares no such trigger"),
    "no such path": (SHOP, "purposes: [tax], subject: buyer", "purposes: [tax], subject: payer", "subject: payer",
                     "there is no subject path of shop.orders called `payer`"),
    "consent of nobody": (SHOP, "[delivery, marketing], subject: self", "[delivery, marketing]", "[delivery, marketing]",
                          "leads to nobody who could give it"),
    "no end state": (SHOP, "purposes: [tax], subject: buyer, end_state: {kind: null}", "purposes: [tax], subject: buyer",
        "name: invoice_name",
                     "shop.orders.invoice_name has no end state"),
    "no end state of a copy": (SHOP, "derived_from: shop.customers.email, end_state: {kind: null}",
                               "derived_from: shop.customers.email", "name: address", "shop.mailing.address has no end state"),
    "no such store": (SHOP, "store: photos", "store: photo", "store: photo}", "there is no store `photo`"),
    "prefix that is a whole phone": (SHOP, "purposes: [delivery], subject: buyer, end_state: {kind: null}",
                                     "purposes: [delivery], subject: buyer, end_state: {kind: generalize, prefix: 9}",
                                         "prefix: 9",
                                     "keeps 9 characters, and a whole value of user.contact.phone_number may have 7"),
    "redacted name": (SHOP, "purposes: [tax], subject: buyer, end_state: {kind: null}",
                      "purposes: [tax], subject: buyer, end_state: {kind: redact}", "kind: redact",
                          "names and addresses have none"),
    "constant that is an identifier": (SHOP, '"[former customer]"', '"gone@shop.example"', "gone@",
        "puts an identifier there (email)"),
    "rows in a circle": (SHOP, "deletable: true", "deletable: {with: shop.customers}", "deletable: {with: shop.customers}",
                         "rows go with each other in a circle: shop.customers -> shop.customers"),
    "who allowed": (SHOP, "deletable: true", "deletable: true\n            allows: [{name: t, because: b, approved_by: x}]",
        "approved_by: x",
                    "there is no person `x`"),
    "where a trigger writes": (SHOP, "deletable: true",
                               "deletable: true\n            allows: [{name: t, because: b, approved_by: nigar, writes_to: a.b}]",
                               "writes_to", "there is no table a.b"),
    "row key": (SHOP, "deletable: true",
        "deletable: true\n            derived_from: {table: shop.orders, where: {no: order_id}}", "where: {no",
                "table shop.customers has no column `no`"),
    "link": (COMPANY, "stores:",
        "links: [{table: shop.customers, kinds: [customer, partner], columns: [customer_id, no]}]\nstores:", "links:",
             "there is no subject kind `partner`"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_mistake_is_found_with_its_place_and_remedy(draft: Any, what: str) -> None:
    name, old, new, at, said = WRONG[what]
    draft.change(name, old, new)
    found = [m for m in check(draft.load()) if said in m.problem]
    assert draft.at(name, at) in {str(m.where) for m in found}
    assert all(m.fix for m in found)


def test_a_text_that_was_changed_after_it_was_published_is_found(draft: Any) -> None:
    draft.write("text/policy.txt", "We keep everything for ever.")
    [mistake] = check(draft.load())
    assert "is not the text that was published" in mistake.problem


def test_copies_of_copies_in_a_circle_are_named(draft: Any) -> None:
    draft.change("datasets/shop.yaml", "deletable: true", "deletable: true\n            derived_from: {table: shop.mailing, "
                 "where: {customer_id: id}}")
    draft.change("datasets/shop.yaml", "{purposes: [delivery, marketing], subject: self,",
                 "{purposes: [delivery, marketing], subject: self, derived_from: shop.mailing.address,")
    [mistake] = check(draft.load())
    assert mistake.problem == "a copy of its own copy: shop.customers.email -> shop.mailing.address -> shop.customers.email"
    assert str(mistake.where) == draft.at("datasets/shop.yaml", "derived_from: shop.mailing.address")


def test_tables_whose_rows_go_with_each_other_are_named(draft: Any) -> None:
    draft.change("datasets/shop.yaml", "            record_class: order\n",
        "            record_class: order\n            deletable: {with: shop.lines}\n")
    [mistake] = check(draft.load())
    assert mistake.problem == "rows go with each other in a circle: shop.lines -> shop.orders -> shop.lines"


def test_unjudged_columns_need_nothing_more(draft: Any) -> None:
    draft.change("datasets/shop.yaml", "{purposes: [tax], subject: buyer, end_state: {kind: null}}", "{purposes: unjudged}")
    assert check(draft.load()) == []


def test_a_personal_column_no_request_can_reach_is_shown_to_a_person(draft: Any) -> None:
    draft.change("datasets/shop.yaml", "purposes: [tax], subject: buyer,", "purposes: [tax],")
    examined = examine(draft.load())
    assert examined.mistakes == ()
    assert ["no path leads from shop.orders.invoice_name to a person" in m.problem for m in examined.look] == [True]


def test_a_category_of_ones_own_is_shown_to_a_person(draft: Any) -> None:
    draft.change("datasets/shop.yaml", "[user.contact.phone_number]", "[user.contact.phone_numbr]")
    [look] = examine(draft.load()).look
    assert look.fix == "did you mean `user.contact.phone_number`?"


def test_everything_wrong_is_raised_at_once_in_order(draft: Any) -> None:
    draft.change("company.yaml", "retention: [nigar]", "retention: [nigat]")
    draft.change("purposes.yaml", "preference: newsletter", "preference: newsleter")
    draft.change("datasets/shop.yaml", "{purposes: [tax]", "{purposes: [taxx]")
    with pytest.raises(PolicyMistakes) as caught:
        require(draft.load())
    assert [m.where.file for m in caught.value.mistakes] == ["policy/company.yaml", "policy/datasets/shop.yaml",
        "policy/purposes.yaml"]
    assert caught.value.problem.startswith("3 mistakes")


def test_unknown_keys_do_not_hide_dangling_names(draft: Any) -> None:
    draft.change("company.yaml", "stores:", "stoares: []\nstores:")
    draft.change("datasets/shop.yaml", "recipients: [courier]", "recipients: [currier]\n        colour: red")
    with pytest.raises(PolicyMistakes) as caught:
        load_checked(draft.folder)
    assert [m.problem for m in caught.value.mistakes] == ["unknown key `stoares`", "there is no recipient `currier`",
        "unknown key `colour`"]


def test_a_sound_folder_loads_checked(draft: Any) -> None:
    assert load_checked(draft.folder).digest == load_policy(draft.folder).digest
