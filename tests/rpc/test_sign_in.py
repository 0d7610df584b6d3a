"""Codes that work once, and cookies that cannot be forged."""

from hypothesis import given
from hypothesis import strategies as st

from maestrod.rpc.sign_in import CODE_LIFETIME_MS, COOKIE_LIFETIME_MS, SignIn

NOW = 1_700_000_000_000


def test_a_code_works_once() -> None:
    sign_in = SignIn(b"k" * 32)
    code, ends = sign_in.code(NOW)
    assert ends == NOW + CODE_LIFETIME_MS
    assert sign_in.redeem(code, NOW, NOW) is not None
    assert sign_in.redeem(code, NOW, NOW) is None


def test_a_code_expires() -> None:
    sign_in = SignIn(b"k" * 32)
    code, ends = sign_in.code(NOW)
    assert sign_in.redeem(code, ends + 1, NOW) is None
    assert sign_in.redeem(code, NOW, NOW) is None, "it came back"


def test_only_the_newest_codes_are_kept() -> None:
    sign_in = SignIn(b"k" * 32)
    codes = [sign_in.code(NOW)[0] for _ in range(100)]
    assert sign_in.redeem(codes[0], NOW, NOW) is None
    assert sign_in.redeem(codes[-1], NOW, NOW) is not None


def test_a_cookie_is_valid_for_every_daemon_with_the_key_until_it_expires() -> None:
    sign_in = SignIn(b"k" * 32)
    cookie = sign_in.redeem(sign_in.code(NOW)[0], NOW, NOW)
    assert cookie is not None
    assert SignIn(b"k" * 32).is_genuine(cookie.encode(), NOW + COOKIE_LIFETIME_MS - 1)
    assert not SignIn(b"k" * 32).is_genuine(cookie.encode(), NOW + COOKIE_LIFETIME_MS)
    assert not SignIn(b"x" * 32).is_genuine(cookie.encode(), NOW)


@given(st.binary(max_size=100))
def test_cookies_cannot_be_guessed(cookie: bytes) -> None:
    assert not SignIn(b"k" * 32).is_genuine(cookie, NOW)


@given(st.text(max_size=60))
def test_codes_cannot_be_guessed(code: str) -> None:
    sign_in = SignIn(b"k" * 32)
    sign_in.code(NOW)
    assert sign_in.redeem(code, NOW, NOW) is None


def test_setting_the_clock_neither_expires_nor_extends_a_code() -> None:
    for wall in (NOW - 86_400_000, NOW + 86_400_000):
        sign_in = SignIn(b"k" * 32)
        code, ends = sign_in.code(1000)
        assert sign_in.redeem(code, ends, wall) is not None
        code, ends = sign_in.code(1000)
        assert sign_in.redeem(code, ends + 1, wall) is None
