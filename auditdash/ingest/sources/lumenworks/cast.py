"""The people and things of the demo workspace: a made-up firm, Lumenworks, with three offices."""

from __future__ import annotations

import unicodedata
from typing import Final

from msgspec import Struct

WORKSPACE: Final = "lumenworks"
DOMAIN: Final = "lumenworks.example"


class Office(Struct, frozen=True):
    """Where people work: its time zone, the network it is seen from, and its holidays."""

    name: str
    zone: str
    network: str
    american: bool
    staff: tuple[str, ...]


def _names(text: str) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in text.split(","))


OFFICES: Final = (
    Office(
        "New York",
        "America/New_York",
        "198.51.100",
        True,
        _names("""Ingrid Solheim, Marcus Okafor, Dylan Mercer, Owen Gallagher, Rafael Nunes,
        Aaliyah Washington, Alejandra Fuentes, Amir Haddad, Ángel Muñoz, Beatriz
        Carvalho, Brandon Kowalski, Chloe Park, Chinonso Eze, Christopher Doyle,
        Dana Whitfield, Deepika Menon, Eleni Papadopoulou, Ethan Goldberg, Fatou
        Diallo, Gabriela Ríos, Grace Nakamura, Hannah Levy, Hiroshi Tanaka, Isaac
        Bello, Jamal Richardson, Jessica Tran, Joon-ho Kim, José Luis Peña, Kavita
        Desai, Keisha Brown, Kwame Mensah, Lena Novak, Li Wei, Luis Ortega, Maya
        Cohen, Mei-Ling Chen, Miguel Ángel Soto, Naomi Adeyemi, Natalie Brooks,
        Nguyễn Minh Anh, Patrick O’Connor, Rachel Stein, Rohan Iyer, Samantha
        Reyes, Sergio Castellanos, Siddharth Rao, Sofía Herrera, Tamara Jovanović,
        Tyler Jensen, Valentina Rossi, Victor Almeida, Wendy Zhao, Yasmin Farouk,
        Zachary Miller"""),
    ),
    Office(
        "London",
        "Europe/London",
        "203.0.113",
        False,
        _names("""Priya Raghunathan, Camille Duroc, Abigail Thornton, Adaeze Nwosu, Alistair
        MacLeod, Amelia Hughes, Bronwen Price, Callum Fraser, Cian Ó Briain,
        Dimitra Kostas, Eilidh Stewart, Farah Siddiqui, Gareth Llewellyn, Harriet
        Ashworth, Imogen Clarke, Jasper Whitlock, Kofi Asante, Leila Rahimi,
        Mohammed Iqbal, Nadia Rahman, Oluwaseun Adebayo, Oscar Lindqvist, Poppy
        Barnes, Rhys Morgan, Saoirse Byrne, Thandiwe Ndlovu, Usha Patel, Wen Jie
        Lim, Xanthe Cole, Yusuf Demir"""),
    ),
    Office(
        "Berlin",
        "Europe/Berlin",
        "192.0.2",
        False,
        _names("""Tomasz Wilk, Agnieszka Wójcik, Anja Schröder, Björn Lindgren, Carla
        Vitale, Dmytro Shevchenko, Elif Yıldız, Emre Kaya, Felix Großmann,
        Françoise Lefèvre, Greta Hoffmann, Henrik Sørensen, Ines Ferreira, Jakub
        Dvořák, Jana Nováková, Jürgen Weiß, Katarzyna Zielińska, László Szabó,
        Łukasz Kowalczyk, Lea Baumgartner, Matteo Bianchi, Mila Horvat, Niels van
        den Berg, Noor el Amrani, Oksana Bondarenko, Paul Krüger, Renée Dubois,
        Søren Kjær, Şebnem Aydın, Theresa Vogel, Timo Virtanen, Ulrike Schäfer,
        Viktor Petrov, Wiebke Jansen, Zoë Maes, Žofie Králová"""),
    ),
)

# Who is there before the feed begins: their roles are not in it.
FOUNDERS: Final = ("ingrid_solheim", "marcus_okafor", "priya_raghunathan")
# Whom the stories need: they are invited first, and nothing happens to them by chance.
ADMINS: Final = ("tomasz_wilk", "rafael_nunes", "owen_gallagher")
ANALYST: Final = "dylan_mercer"
SALES_LEAD: Final = "camille_duroc"
PAYROLL_LEAD: Final = "dana_whitfield"
ROBOT: Final = "svc_auditdash"

AGENTS: Final = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.6 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
)

DEPARTMENTS: Final = (
    "Finance",
    "Sales",
    "Marketing",
    "Product",
    "Data Platform",
    "Operations",
    "Customer Success",
    "People",
    "Legal & Risk",
)

# What each department reports on, as it would name it.
TOPICS: Final = {
    "Finance": _names("""Revenue, Gross margin, Cash position, Accounts receivable, Cost centres,
        Budget against actual, Deferred revenue, Travel spend, Vendor invoices,
        Umsatzsteuer"""),
    "Sales": _names("""Pipeline, Bookings, Win rate, Quota attainment, Discounts, Renewals,
        Territory plan, Partner deals, Forecast, Nouveaux clients"""),
    "Marketing": _names("""Ad spend, Leads, Web traffic, Newsletter, Events, Attribution, Brand
        survey, Landing pages, Social reach, Kampagnenvergleich"""),
    "Product": _names("""Weekly active users, Retention, Feature adoption, Onboarding funnel,
        Experiments, Crash rate, Search quality, Sign-ups, App speed, Feedback"""),
    "Data Platform": _names("""Warehouse load, Query cost, Freshness, Failed jobs, Table growth,
        Connector errors, Row counts, Schema changes, Lineage gaps"""),
    "Operations": _names("""Orders, Delivery times, Stock, Returns, Warehouse picks, Carrier costs,
        Supplier scorecard, Backlog, Lagerbestand"""),
    "Customer Success": _names("""Health scores, Tickets, First response, Churn risk, NPS,
        Renewal calendar, Escalations, Time to value, Training"""),
    "People": _names("""Headcount, Hiring funnel, Attrition, Time to hire, Engagement survey,
        Leave balances, Onboarding, Diversity"""),
    "Legal & Risk": _names("""Contracts, Vendor reviews, Data requests, Policy exceptions, Access
        reviews, Incidents, Insurance"""),
}
ASPECTS: Final = (
    "by region",
    "by month",
    "by segment",
    "weekly",
    "daily",
    "overview",
    "deep dive",
    "Q2",
    "Q3",
    "Q4",
    "EMEA",
    "North America",
    "for the board",
    "(draft)",
    "by team",
    "year on year",
)
# Each connection with the departments whose groups query it.
CONNECTIONS: Final = {
    "Snowflake Warehouse": DEPARTMENTS,
    "Billing Postgres": ("Finance", "Sales"),
    "Product Events": ("Product", "Marketing", "Data Platform"),
    "Salesforce Mirror": ("Sales", "Marketing", "Customer Success"),
    "Support Desk": ("Customer Success", "Operations"),
    "Customer Vault": ("Legal & Risk",),
    "Payroll": (),
}


def username_of(name: str) -> str:
    """`Łukasz Kowalczyk` → `lukasz_kowalczyk`."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    return "".join(
        "_" if letter in " -" else letter for letter in plain if letter.isascii() and letter != "’"
    )


_LETTERS: Final = str.maketrans({"ł": "l", "ø": "o", "ı": "i", "æ": "ae"})
