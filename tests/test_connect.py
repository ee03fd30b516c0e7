"""Connecting accounts as a person does: in a real Chromium, at simulated providers, and what the cards say after it."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import NullPool, create_engine, text

from simulator.server import serve
from simulator.world import World
from tests import boards
from tests.browsing import screenshot
from tests.conftest import execute, fresh
from tests.mirror import minutes_ago
from tests.serving import PATIENCE, Board, free_port, serving
from tests.test_run import start, stop

STRANGE = "This sign-in was not begun in this browser, or it is used up, so nothing was changed."
CLIENTS = {"45678": "strava-secret", "sevenday.apps.googleusercontent.com": "google-secret"}
IDS = dict(zip(("strava", "fitbit"), CLIENTS, strict=True))


@dataclass
class Home:
    """An installation that nobody has set up, and the two providers. `skew`: seconds by which their clock is ahead."""

    world: World
    board: Board
    creds: Path
    skew: list[float]

    @property
    def address(self) -> str:
        return self.board.url.replace("127.0.0.1", "localhost") + "/connect/"

    def token(self, source: str) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.creds / f"{source}.json").read_text())
        return found


def new_world(skew: list[float]) -> World:
    world = World.empty(tz="UTC", clients=CLIENTS, clock=lambda: time.time() + skew[0])
    world.strict_redirects, world.callback_domain = True, "localhost"
    return world


@contextmanager
def installed(uri: str, folder: Path, **settings: str) -> Iterator[Home]:
    skew = [0.0]
    world = new_world(skew)
    own = {"CREDS_DIR": str(folder / "creds"), "INSTANCE_DIR": str(folder / "instance"), "TIMEZONE": "UTC", "DEMO": "0"}
    with serve(world) as served, serving(uri, folder / "web.log", **own | served.env() | settings) as board:
        yield Home(world, board, folder / "creds", skew)


@pytest.fixture(scope="module")
def used_home(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One server and one pair of providers for all tests that ask for no other settings."""
    for uri in fresh(server, template):
        with installed(uri, tmp_path_factory.mktemp("home")) as home:
            yield home


@pytest.fixture
def home(used_home: Home) -> Home:
    """As on its first day: no row, no client id, no token, and providers that know of nobody."""
    boards.empty(used_home.board.uri)
    shutil.rmtree(used_home.creds, ignore_errors=True)
    used_home.skew[0] = 0
    vars(used_home.world).update(vars(new_world(used_home.skew)))
    return used_home


def enter(page: Page, source: str, client_id: str = "", secret: str = "") -> None:
    """Types the client id and secret into the card and presses its button."""
    client_id = client_id or IDS[source]
    card = page.locator(f"#{source}")
    if not card.get_by_label("Client ID").is_visible():
        card.get_by_text("Change the client ID or secret").click()
    card.get_by_label("Client ID").fill(client_id)
    card.get_by_label("Client secret").fill(secret or CLIENTS.get(client_id, "a-wrong-secret"))
    card.get_by_role("button", name="Save and connect").click()


def press(page: Page, source: str, name: str) -> None:
    page.locator(f"#{source}").get_by_role("button", name=name, exact=True).click()


def says(page: Page, source: str, title: str, *facts: str) -> None:
    card = page.locator(f"#{source}")
    expect(card.locator(".state")).to_have_text(title)
    for fact in facts:
        expect(card).to_contain_text(fact)


def told(page: Page, sentence: str) -> None:
    expect(page.locator(".alert").first).to_contain_text(sentence)


CONNECTED = "Connected, the first sync is about to begin"


def test_both_accounts_are_connected_from_the_page(home: Home, page: Page) -> None:
    page.goto(home.address)
    for source in ("strava", "fitbit"):
        says(page, source, "Not configured")
    screenshot(page, "connect-new")
    enter(page, "strava")
    told(page, "Strava is connected, and this week is being read.")
    says(page, "strava", CONNECTED, "Signed in as Sam Example since", "Allowed: everything")
    enter(page, "fitbit")
    told(page, "Fitbit is connected, and this week is being read.")
    says(page, "fitbit", CONNECTED, "Signed in since", "Allowed: everything")
    screenshot(page, "connect-both")
    assert urlsplit(page.url).query == ""  # the code is not left in the address
    for source in ("strava", "fitbit"):
        assert home.token(source).keys() >= {"access_token", "refresh_token", "expires_at"}
        assert [(home.creds / f"{source}{kind}.json").stat().st_mode & 0o777 for kind in ("", "_client")] == [0o600] * 2
    press(page, "strava", "Test connection")
    told(page, "Strava answers: this is the account of athlete 134815.")
    press(page, "fitbit", "Test connection")
    told(page, "Fitbit answers: this is the account of Google Health user 111122223333444455.")
    tokens = (home.token(source)[kind] for source in IDS for kind in ("access_token", "refresh_token"))
    assert not [secret for secret in (*tokens, *CLIENTS.values()) if str(secret) in page.content()]


def test_denying_changes_nothing(home: Home, page: Page) -> None:
    home.world.deny = {"strava", "google"}
    page.goto(home.address)
    for source, name in (("strava", "Strava"), ("fitbit", "Fitbit")):
        enter(page, source)
        told(page, f"You did not allow it at {name}'s consent page, so nothing was changed.")
        says(page, source, "Ready to connect")
        assert not (home.creds / f"{source}.json").exists()


def test_an_unticked_scope_is_named_and_the_rest_is_connected(home: Home, page: Page) -> None:
    prefix = "https://www.googleapis.com/auth/googlehealth."
    home.world.granted_scopes = {"strava": "read,activity:read", "google": f"{prefix}nutrition.readonly"}
    page.goto(home.address)
    enter(page, "strava")
    told(page, "Without your permission for activities that only you can see, which stay away.")
    says(page, "strava", CONNECTED, "Not allowed: activities that only you can see.")
    enter(page, "fitbit")
    told(page, "Without your permission for weight, body fat and BMI and calories burned")
    says(page, "fitbit", CONNECTED, "Not allowed: weight, body fat and BMI, calories burned.")


def test_a_consent_that_allows_nothing_is_refused(home: Home, page: Page) -> None:
    home.world.granted_scopes = {"strava": "read"}
    page.goto(home.address)
    enter(page, "strava")
    told(page, "Strava gave no permission to read anything. Connect again and leave it ticked.")
    says(page, "strava", "Ready to connect")
    assert not (home.creds / "strava.json").exists()
    assert home.world.requests[-1][1] == "/strava/oauth/revoke"


def test_a_wrong_secret_is_said_as_the_provider_says_it_and_can_be_mended(home: Home, page: Page) -> None:
    page.goto(home.address)
    for source, name in (("strava", "client secret"), ("fitbit", "client id or secret")):
        enter(page, source, secret="a-wrong-secret")
        told(page, f"{name} is wrong:")
        says(page, source, "Client id or secret is wrong", "answered HTTP 4")
        enter(page, source)
        says(page, source, CONNECTED)
    assert "a-wrong-secret" not in page.content()


def test_what_cannot_be_an_id_or_a_secret_is_refused_beside_its_field(home: Home, page: Page) -> None:
    page.goto(home.address)
    # The page fixture counts a 400 as trouble; here each is wanted.
    for client_id, secret, said in (
        ("my app", "x", "This has spaces or letters that no id or secret has."),
        ("strava-secret", "45678", "client ID is a number, such as 45678"),
    ):
        answer = page.request.post(
            f"{home.address}strava/client",
            form={"client_id": client_id, "client_secret": secret, "csrf_token": csrf(page)},
        )
        assert answer.status == 400
        assert said in answer.text()
        assert f'value="{client_id}"' in answer.text()
    assert not (home.creds / "strava_client.json").exists()


def csrf(page: Page) -> str:
    return str(page.locator("input[name=csrf_token]").first.input_value())


def consented(home: Home, page: Page, source: str) -> str:
    """Goes as far as the provider's consent page, and returns where that sends the browser once it is approved."""
    route = {"strava": "/oauth/authorize", "fitbit": "/google/auth"}[source]
    home.world.fail(route, status=200, body="<html><link rel=icon href=data:><p>Do you allow this?</html>")
    enter(page, source)
    expect(page.get_by_text("Do you allow this?")).to_be_visible()
    return requests.get(page.url, allow_redirects=False, timeout=PATIENCE).headers["Location"]


def test_a_code_that_has_expired_is_said_and_the_next_try_works(home: Home, page: Page) -> None:
    page.goto(home.address)
    back = consented(home, page, "strava")
    home.skew[0] = 700
    page.goto(back)
    told(page, "Strava did not accept the sign-in code, which is good only once and briefly; connect again.")
    says(page, "strava", "Ready to connect")
    press(page, "strava", "Connect with Strava")
    says(page, "strava", CONNECTED)


def test_a_state_is_good_in_its_own_browser_and_once(home: Home, page: Page, browser: Browser) -> None:
    other = browser.new_context().new_page()
    page.goto(home.address)
    back = consented(home, page, "fitbit")
    other.goto(back)
    told(other, STRANGE)
    says(other, "fitbit", "Ready to connect")
    page.goto(back)
    says(page, "fitbit", CONNECTED)
    before = home.token("fitbit")
    page.goto(back)
    told(page, STRANGE)
    assert home.token("fitbit") == before
    other.context.close()


def test_from_another_machine_it_is_finished_with_the_address_that_the_browser_ended_on(
    uri: str, tmp_path: Path, page: Page
) -> None:
    with installed(uri, tmp_path, PUBLIC_BASE_URL="http://localhost:1") as home:
        page.goto(f"{home.board.url}/connect/")
        back = consented(home, page, "fitbit")
        assert back.startswith("http://localhost:1/connect/fitbit/callback?")
        page.goto(f"{home.board.url}/connect/")
        says(page, "fitbit", "Ready to connect", "You are at another address than localhost:1")
        screenshot(page, "connect-elsewhere")
        field = page.locator("#fitbit").get_by_label("Address that your browser ended on")
        field.fill("http://localhost:1/connect/")
        press(page, "fitbit", "Finish with this address")
        told(page, "That is not the address")
        field.fill(f"  {back} ")
        press(page, "fitbit", "Finish with this address")
        told(page, "Fitbit is connected")
        says(page, "fitbit", CONNECTED)


def test_at_the_other_name_of_this_machine_the_page_moves_to_the_one_that_the_provider_knows(
    home: Home, page: Page
) -> None:
    page.goto(f"{home.board.url}/connect/")
    assert page.url == home.address


def test_where_google_refuses_the_food_log_the_rest_can_be_connected(home: Home, browser: Browser) -> None:
    page = browser.new_page()
    home.world.google_scopes = {scope for scope in home.world.google_scopes if "nutrition" not in scope}
    page.goto(home.address)
    enter(page, "fitbit")
    expect(page.locator("body")).to_contain_text("Some requested scopes were invalid.")
    page.goto(home.address)
    says(page, "fitbit", "Ready to connect", "If Google answers “Error 400: invalid_scope”")
    press(page, "fitbit", "Without the food log")
    told(page, "Without your permission for calories eaten")
    says(page, "fitbit", CONNECTED, "Not allowed: calories eaten.")
    page.close()


def test_the_card_says_when_google_will_sign_an_app_in_testing_out(home: Home, page: Page) -> None:
    home.world.testing_mode = True
    page.goto(home.address)
    enter(page, "fitbit")
    end = datetime.now(UTC) + timedelta(seconds=604_799)
    says(page, "fitbit", CONNECTED, f"Google signs this out on {end:%-d %B %Y}, because your app is in Testing.")


def test_disconnecting_keeps_or_removes_the_rows_as_is_said(home: Home, page: Page) -> None:
    row = "INSERT INTO strava_activity (id, start_date_local, account) VALUES (1, now(), 'strava:134815')"
    page.goto(home.address)
    enter(page, "strava")
    execute(home.board.uri, row)
    press(page, "strava", "Disconnect Strava")
    told(page, "Strava is disconnected; its rows were kept.")
    says(page, "strava", "Ready to connect")
    assert activities(home) == 1
    press(page, "strava", "Connect with Strava")
    page.locator("#strava").get_by_label("Remove them").check()
    press(page, "strava", "Disconnect Strava")
    told(page, "Strava is disconnected; 1 rows removed.")
    assert activities(home) == 0
    page.locator("#strava").get_by_text("Change the client ID or secret").click()
    page.locator("#strava").get_by_label("Client ID").fill("")
    press(page, "strava", "Save and connect Strava")
    says(page, "strava", "Not configured")


def activities(home: Home) -> int:
    engine = create_engine(home.board.uri, poolclass=NullPool)
    with engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM strava_activity")).scalar_one()


@pytest.mark.timeout(900)
def test_from_nothing_to_the_first_own_data_and_back_after_a_revocation(tmp_path: Path, browser: Browser) -> None:
    """An installation with the demo on; every click and entry in our pages is counted, and nothing is restarted."""
    world = World.empty(tz="UTC", clients=CLIENTS)
    world.add_weight(71.9, minutes_ago(1))
    steps = 0
    page = browser.new_page()
    with serve(world) as served:
        port = free_port()
        board = start(tmp_path, port, TIMEZONE="UTC", CREDS_DIR=str(tmp_path / "creds"), **served.env())
        page.goto(f"http://localhost:{port}/stats/livefeed")
        expect(page.locator("#demo")).to_be_visible()
        expect(page.locator("td.today .v").first).to_be_visible()
        for step in (
            lambda: page.get_by_text("Connect your own accounts").click(),
            lambda: page.locator("#fitbit").get_by_label("Client ID").fill(IDS["fitbit"]),
            lambda: page.locator("#fitbit").get_by_label("Client secret").fill("google-secret"),
            lambda: page.locator("#fitbit").get_by_role("button", name="Save and connect Fitbit").click(),
            lambda: page.get_by_text("This week, live").click(),
        ):
            step()
            steps += 1
        weight = page.locator("td.today[id^=weight]")
        expect(weight).to_contain_text("71.9 kg")
        expect(page.locator("#demo")).to_be_hidden()
        expect(page.locator("#board .a")).to_have_count(0)  # the demo's activities went with it
        assert steps <= 6
        world.revoke_all()
        page.get_by_role("button", name="Sync now").click()
        expect(page.locator("#sources")).to_contain_text("Fitbit: sign in again")
        expect(weight).to_contain_text("71.9 kg")  # what is there stays
        world.add_weight(71.4, minutes_ago(0))
        page.goto(f"http://localhost:{port}/connect/")
        says(page, "fitbit", "Sign in again", "Google no longer accepts this sign-in; connect Fitbit again.")
        press(page, "fitbit", "Sign in again")
        says(page, "fitbit", CONNECTED)
        page.goto(f"http://localhost:{port}/stats/livefeed")
        expect(page.locator("td.today[id^=weight]")).to_contain_text("71.4 kg")
        page.close()
        stop(board)
