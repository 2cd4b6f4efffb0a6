"""The words that names are made of, and the programs that people use."""

from __future__ import annotations

_FIRST = """
ada aisha alan amara ana andre anja anton arjun ava bea ben bianca bruno carla carlos chen chloe
clara daan dana david diego dina elena eli emil emma eva fatima felix fiona freya gita greta hana
hugo ida ines ingrid isaac ivan jana jin joao jonas julia kai karin kenji lara leila leo lena liam
lin lucia luis maja marco maria marta mateo maya mei milan mina nadia nina noah nora olga omar oscar
paula pavel petra priya rafael rania rosa sam sara selma sofia sven tara theo tomas uma vera victor
wanda yara yuki zane zofia
"""
_LAST = """
abbas adler ahmed alvarez andersen bauer becker bell berg bianchi blanc boer brandt brown bruno
campbell castro chang chen clark costa cruz dahl diaz dubois dvorak edwards eriksson evans farkas
fischer flores foster garcia gomez green gruber gupta haas hall hansen harris hoffman horvat huang
ibrahim ito ivanov jansen jensen johnson jones kaiser kaplan kelly khan kim klein kovacs kowalski
kumar lang larsen lee lopez lund maier martin mendez meyer miller moreau morris nagy nakamura nguyen
nielsen novak oconnor olsen ortiz patel perez peters popov quinn ramos reyes ricci rivera rossi ruiz
santos sato schmidt schulz scott shah silva singh smith sousa suzuki tanaka taylor torres varga
virtanen vogel wagner walker wang weber white wilson wolf wong yamada yang young zhang zimmermann
"""
_TOPICS = """
revenue churn retention signup onboarding pricing margin inventory payroll forecast pipeline funnel
engagement support refunds invoices subscriptions renewals traffic campaign attribution logistics
shipping returns fraud risk compliance headcount hiring budget expenses procurement suppliers
warehouse orders basket loyalty feedback satisfaction latency uptime incidents capacity usage
adoption experiments cohorts segments leads conversion quota territory partner marketplace billing
taxes treasury claims audits energy emissions training payments
"""
_MEASURES = """
overview summary details trend breakdown comparison ranking snapshot scorecard history drilldown
monitor tracker review analysis export list matrix heatmap outlook
"""
_SPANS = "Daily Weekly Monthly Quarterly Yearly Live Rolling Fiscal"
_PLACES = """
EMEA APAC Nordics DACH Iberia Benelux LATAM global Québec Zürich Köln Málaga Tokyo Austin Lagos
Mumbai Sydney Oslo
"""
FIRST, LAST = tuple(_FIRST.split()), tuple(_LAST.split())
TOPICS, MEASURES = tuple(_TOPICS.split()), tuple(_MEASURES.split())
SPANS, PLACES = tuple(_SPANS.split()), tuple(_PLACES.split())

_SYSTEMS = (
    "Windows NT 10.0; Win64; x64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "X11; Linux x86_64",
    "X11; CrOS x86_64 14541.0.0",
)
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


def user_agents(count: int = 300) -> list[str]:
    """Distinct User-Agent headers, the ones that most people send first."""
    found: list[str] = []
    for version in range(139, 110, -1):
        for system in _SYSTEMS[:3]:
            chrome = f"Mozilla/5.0 ({system}) {_WEBKIT} Chrome/{version}.0.0.0 Safari/537.36"
            found += [chrome, f"{chrome} Edg/{version}.0.0.0"]
            gecko = f"Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"
            found.append(gecko)
    for version in range(15, 19):
        for minor in range(6):
            system = _SYSTEMS[1]
            webkit = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
            name = f"Version/{version}.{minor} Safari/605.1.15"
            found.insert(version * 2 + minor, f"Mozilla/5.0 ({system}) {webkit} {name}")
    tools = [f"python-requests/2.{minor}.0" for minor in range(25, 33)]
    tools += [f"curl/8.{minor}.0" for minor in range(1, 11)]
    tools += ["Go-http-client/2.0", "okhttp/4.12.0", "axios/1.7.2", "PostmanRuntime/7.39.0"]
    kept = found[: count - len(tools)]
    return kept[:40] + tools + kept[40:]
