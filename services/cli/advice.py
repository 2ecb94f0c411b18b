"""What to do next, by the code of an error; the API itself knows nothing of commands."""

NEXT_STEP = {
    "channel_unknown": "`ceebus channel list` shows the channels; `ceebus cee channel add` adds one to the reference CEE.",
    "kind_unknown": "Use one of the named kinds.",
    "rep_unknown": "The rep must be in the channel's sales-reps: check his assignment and employer in CEE, or the id.",
    "device_unknown": "`ceebus device list` shows the devices.",
    "device_of_another_rep": "Leave --device out, and a new id is made up.",
    "due_unknown": "`ceebus due list CHANNEL` shows what is due; it may have been delivered meanwhile.",
    "choice_missing": "Name a kind, a kind and keys, or a --code.",
    "unauthenticated": "Set CEEBUS_OPERATOR_TOKEN, or run the command in the folder where `ceebus up` runs.",
    "token_refused": "CEEBUS_OPERATOR_TOKEN is neither the server's own nor one made with `ceebus token add`, or it was revoked.",
    "role_insufficient": "`ceebus token add NAME --role ROLE` makes a token of that role; it takes an admin's.",
    "token_unknown": "`ceebus token list --revoked` shows the tokens and their ids.",
    "database_unavailable": "Try again; `ceebus config check` shows which part does not answer.",
    "cee_unavailable": "Try again; `ceebus config check` shows which part does not answer.",
    "request_invalid": "`--help` after the command shows what it takes.",
    "channel_inactive": "Activate the channel in CEE; for the reference CEE: `ceebus cee channel activate CHANNEL`.",
    "body_too_large": "Split the file and send the parts one after the other.",
    "bus_unavailable": "Try again; lines that were taken before change nothing when they are sent twice.",
    "source_is_cee": "`ceebus channel source CHANNEL KIND ingest` lets the kind be ingested.",
}
