"""Events of the accounts service: ids only."""

from shared.contracts.base import FLEET, Contract, Part, contract, flag, identifier, instant, part


class UserState(Part):
    """What every service needs in order to refuse a cookie or token that was signed before the change."""

    user_id = identifier(data_class=FLEET)
    active = flag(data_class=FLEET)
    refuse_before = instant(data_class=FLEET)


@contract("user.changed.v1", producer="accounts", aggregate="user")
class UserChangedV1(Contract):
    """A user's roles, scopes or standing changed: what was signed before no longer holds."""

    state = part(UserState)
