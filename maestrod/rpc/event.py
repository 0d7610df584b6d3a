"""Events: pages of past events, and subscriptions to new ones."""

from itertools import islice

from maestrod.api.event import (
    EVENT_LIST,
    EVENT_SUBSCRIBE,
    EVENT_UNSUBSCRIBE,
    Event,
    EventList,
    EventPage,
    EventSubscribe,
    EventUnsubscribe,
)
from maestrod.api.event import Subscription as Subscribed
from maestrod.api.model.base import Done
from maestrod.rpc.catch_up import past
from maestrod.rpc.context import Context
from maestrod.rpc.encoded import public_form
from maestrod.rpc.handler import implements
from maestrod.rpc.subscription import Subscription, matcher

#: Maximum number of events read for one page. With narrow filters, a page may be empty and only say where to continue.
_LOOKED_AT = 2_000


@implements(EVENT_LIST)
def list_(context: Context, params: EventList) -> EventPage:
    """The next events after ``since`` that pass the filters; ``seq`` is the last one read."""
    matches, published = matcher(params), context.services.engine.bus.seq
    found: list[Event] = []
    seq = params.since
    for event in islice(past(context.services, params.since), _LOOKED_AT):
        if event.seq > published or len(found) >= params.limit:
            break
        seq = event.seq
        if matches(event):
            found.append(public_form(event))
    return EventPage(items=tuple(found), seq=seq)


@implements(EVENT_SUBSCRIBE, streams=True)
def subscribe(context: Context, params: EventSubscribe) -> Subscribed:
    """Send all events after ``since`` that pass the filters, then new ones as they happen."""
    services = context.services
    seq = services.engine.bus.seq if params.since is None else params.since
    earlier = past(services, seq) if params.since is not None else None
    subscription = Subscription(services, context.client, matcher(params), seq)
    if earlier is None:
        subscription.go_live()
    else:
        context.client.wire.start(lambda: subscription.catch_up(earlier))
    return Subscribed(subscription=subscription.number, seq=seq)


@implements(EVENT_UNSUBSCRIBE)
def unsubscribe(context: Context, params: EventUnsubscribe) -> Done:
    """End a subscription, or an attachment to a terminal; both share one numbering."""
    context.client.close_stream(params.subscription)
    return Done()
