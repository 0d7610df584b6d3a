"""Tokens of the remote interface: stored as a digest, found by their secret, useless once revoked."""

import pytest

from maestrod.core.access.remote_token import digest_of, token_of_secret
from maestrod.core.world.world import World
from tests.kit.worlds.scenario import Call, Scenario, refused

SECRET = b"mst_secret"
MADE = Call("token.create", name="laptop", owner="ada", scope="work", digest=digest_of(SECRET))


def the_token(play: Scenario) -> str:
    [token] = play.world.tokens
    return token


def test_a_token_is_found_by_its_secret_which_the_world_does_not_contain() -> None:
    play = Scenario().given(MADE)
    token = token_of_secret(play.world, SECRET)
    assert token is not None
    assert (token.name, token.owner, token.scope.value) == ("laptop", "ada", "work")
    assert token_of_secret(play.world, b"mst_other") is None
    assert SECRET not in play.world.dump()


def test_a_revoked_token_is_useless_and_stays_listed() -> None:
    play = Scenario().given(MADE)
    token = the_token(play)
    play.given(Call("token.revoke", tokenId=token))
    assert token_of_secret(play.world, SECRET) is None
    revoked_at = play.world.tokens[token].revoked_at
    assert revoked_at is not None
    play.given(Call("token.revoke", tokenId=token))
    assert play.world.tokens[token].revoked_at == revoked_at


def test_a_secret_belongs_to_one_token() -> None:
    play = Scenario().given(MADE)
    play.when(MADE).then(refused("token.known_secret"))
    play.when(Call("token.revoke", tokenId="tok_none")).then(refused("token.not_found"))


@pytest.mark.parametrize("reload", [False, True])
def test_loaded_entities_are_found_too(reload: bool) -> None:
    play = Scenario().given(MADE)
    world = World()
    world.load(play.world.entities())
    if reload:
        world.drop("token", the_token(play))
        assert world.token_of_digest == {}
    else:
        assert world.token_of_digest == {digest_of(SECRET): the_token(play)}
