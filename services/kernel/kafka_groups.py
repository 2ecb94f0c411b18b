"""Members of consumer groups, as an administrator changes them. Used by roles whose topics change.

One of the few modules that import aiokafka; group names go in without the cluster's prefix.
"""

from __future__ import annotations

from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.protocol.group import LeaveGroupRequest

from services.kernel.kafka_admin import administrator
from services.kernel.settings import Kafka


async def take_out(settings: Kafka, group: str, instance: str) -> int:
    """Takes a static member that an earlier process left behind out of its group; returns how many memberships that were.

    A static member that comes back is given its old assignment, whatever topics it now asks for: one that is about topics it does
    not ask for breaks the client, and topics that it asks for anew nobody reads. So a role whose topics change begins afresh.
    """
    name = settings.topic_prefix + group
    async with administrator(settings) as admin:
        try:
            (answer,) = await admin.describe_consumer_groups([name])
            ((_error, _group, _state, _type, _protocol, listed, *_rest),) = answer.groups
            left = [member[0] for member in listed if member[0].startswith(f"{instance}-")]
            node = await admin.find_coordinator(name)
            for member in left:
                await admin._send_request(LeaveGroupRequest(name, member), node)
        except GroupCoordinatorNotAvailableError:
            return 0  # on a new cluster, before anybody has joined a group at all
    return len(left)
