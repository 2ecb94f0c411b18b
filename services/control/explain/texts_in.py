"""What `explain` says of uploads: code -> text and advice in three languages. Names in braces are facts.

One thing: a sentence stands beside its translations.
"""

from __future__ import annotations

from services.control.explain.said import Said

IN: dict[str, Said] = {
    "upload_unknown": Said(
        "W kanale {channel} nie dotarł żaden przesłany obiekt {kind} {key}: brama go nie przyjęła.",
        "Im Kanal {channel} ist kein Upload {kind} {key} angekommen: das Gateway hat ihn nicht angenommen.",
        "No upload {kind} {key} has arrived in channel {channel}: the gateway has not accepted it.",
        "Zsynchronizuj urządzenie; jeśli brama go odrzuciła, powód jest na urządzeniu. Kluczem jest source_id albo numer dokumentu.",
        "Synchronisieren Sie das Gerät; bei Ablehnung steht der Grund dort. Schlüssel: source_id oder Belegnummer.",
        "Synchronise the device; if the gateway refused it, the device has the reason. The key is a source_id or a document's number.",
    ),
    "upload_received": Said(
        "Brama przyjęła go {received_at} od {sender} (rewizja {revision}).",
        "Das Gateway hat ihn {received_at} von {sender} angenommen (Revision {revision}).",
        "The gateway accepted it at {received_at} from {sender} (revision {revision}).",
    ),
    "upload_on_its_way": Said(
        "Brama przyjęła go ({topic}, partycja {partition}, offset {offset}).",
        "Das Gateway hat ihn angenommen ({topic}, Partition {partition}, Offset {offset}).",
        "The gateway accepted it ({topic}, partition {partition}, offset {offset}).",
    ),
    "importer_done": Said(
        "Importer go obsłużył.",
        "Der Importer hat ihn behandelt.",
        "The importer has handled it.",
    ),
    "importer_behind": Said(
        "Importer jeszcze do niego nie doszedł: {lag} rekordów w {topic}, partycja {partition}, znacznik {marker}.",
        "Der Importer ist noch nicht so weit: {lag} Datensätze in {topic}, Partition {partition}, Marker {marker}.",
        "The importer has not come to it yet: {lag} records in {topic}, partition {partition}, marker {marker}.",
        "Jeśli liczba nie maleje, zobacz dziennik roli importer: `ceebus import status {channel}`.",
        "Sinkt die Zahl nicht, sehen Sie das Protokoll der Rolle importer an: `ceebus import status {channel}`.",
        "If that number does not fall, look at the log of the role importer: `ceebus import status {channel}`.",
    ),
    "importer_stopped": Said(
        "Żaden importer nie pracuje dla kanału: {lag} rekordów czeka w {topic}.",
        "Kein Importer arbeitet für den Kanal: {lag} Datensätze warten in {topic}.",
        "No importer works for the channel: {lag} records wait in {topic}.",
        "Uruchom rolę importer: `ceebus run importer`.",
        "Starten Sie die Rolle importer: `ceebus run importer`.",
        "Start the role importer: `ceebus run importer`.",
    ),
    "writer_done": Said(
        "Writer go ocenił.",
        "Der Writer hat ihn beurteilt.",
        "The writer has judged it.",
    ),
    "writer_behind": Said(
        "Writer jeszcze do niego nie doszedł: {lag} rekordów w {topic}, partycja {partition}.",
        "Der Writer ist noch nicht so weit: {lag} Datensätze in {topic}, Partition {partition}.",
        "The writer has not come to it yet: {lag} records in {topic}, partition {partition}.",
        "Jeśli liczba nie maleje, zobacz dziennik roli writer: `ceebus import status {channel}`.",
        "Sinkt die Zahl nicht, sehen Sie das Protokoll der Rolle writer an: `ceebus import status {channel}`.",
        "If that number does not fall, look at the log of the role writer: `ceebus import status {channel}`.",
    ),
    "writer_stopped": Said(
        "Rola writer nie pracuje: {lag} rekordów czeka w {topic}.",
        "Die Rolle writer arbeitet nicht: {lag} Datensätze warten in {topic}.",
        "No writer works: {lag} records wait in {topic}.",
        "Uruchom ją: `ceebus run writer`.",
        "Starten Sie sie: `ceebus run writer`.",
        "Start it: `ceebus run writer`.",
    ),
    "upload_waits": Said(
        "Czeka od {at}: {why}",
        "Wartet seit {at}: {why}",
        "Waits since {at}: {why}",
        "Spełnij warunek w CEE, wtedy przejdzie sam; od razu: `ceebus due retry {channel} import/{kind} {source_id}`.",
        "Erfüllen Sie die Bedingung in CEE, dann geht er von selbst; sofort: `ceebus due retry {channel} import/{kind} {source_id}`.",
        "Meet the condition in CEE, then it goes by itself; at once: `ceebus due retry {channel} import/{kind} {source_id}`.",
    ),
    "upload_to_confirm": Said(
        "Czeka na operatora od {at}: {why}",
        "Wartet seit {at} auf einen Operator: {why}",
        "Waits for an operator since {at}: {why}",
        "Ostrzeżenia pokazuje `ceebus due show {channel} import/{kind} {source_id}`; potem `ceebus due confirm {channel}`.",
        "Die Warnungen zeigt `ceebus due show {channel} import/{kind} {source_id}`; dann `ceebus due confirm {channel}`.",
        "Warnings: `ceebus due show {channel} import/{kind} {source_id}`; then `ceebus due confirm {channel}`.",
    ),
    "upload_quarantined": Said(
        "Odłożono po {attempts} próbach: {why}",
        "Nach {attempts} Versuchen abgelegt: {why}",
        "Parked after {attempts} attempts: {why}",
        "Usuń przyczynę, potem `ceebus due retry {channel} import/{kind} {source_id}`; albo `ceebus due discard`.",
        "Beheben Sie die Ursache, dann `ceebus due retry {channel} import/{kind} {source_id}`; oder `ceebus due discard`.",
        "Remove the cause, then `ceebus due retry {channel} import/{kind} {source_id}`; or `ceebus due discard`.",
    ),
    "upload_rejected": Said(
        "Odrzucono: {why}",
        "Abgelehnt: {why}",
        "Rejected: {why}",
        "Nadawca poprawia obiekt na urządzeniu i wysyła go ponownie.",
        "Der Absender berichtigt das Objekt auf dem Gerät und sendet es erneut.",
        "The sender puts the object right on the device and sends it again.",
    ),
    "upload_conflict": Said(
        "Konflikt, obowiązuje stan CEE: {why}",
        "Konflikt, es gilt der Stand von CEE: {why}",
        "A conflict, CEE's state stands: {why}",
        "Zdecyduj w CEE, co ma obowiązywać; nadawca zna już odpowiedź.",
        "Entscheiden Sie in CEE, was gelten soll; der Absender kennt die Antwort.",
        "Decide in CEE what shall stand; the sender knows the answer.",
    ),
    "upload_unchanged": Said(
        "Nic do zrobienia: {why}",
        "Nichts zu tun: {why}",
        "Nothing to do: {why}",
    ),
    "upload_imported": Said(
        "W CEE jako {number} ({object}).",
        "In CEE als {number} ({object}).",
        "In CEE as {number} ({object}).",
    ),
    "answer_lost": Said(
        "Role przeszły ten rekord, ale odpowiedzi jeszcze nie ma.",
        "Die Rollen sind über diesen Datensatz hinweg, eine Antwort gibt es noch nicht.",
        "The roles are past this record, but there is no answer yet.",
        "Spróbuj ponownie za chwilę; potem zgłoś błąd z dziennikami ról importer i writer.",
        "Versuchen Sie es gleich noch einmal; sonst melden Sie den Fehler mit den Protokollen von importer und writer.",
        "Try again in a moment; then report the fault with the logs of importer and writer.",
    ),
    "answer_unsent": Said(
        "Odpowiedź z {at} czeka na wysłanie przez rolę writer.",
        "Die Antwort von {at} wartet darauf, dass die Rolle writer sie sendet.",
        "The answer of {at} waits for the writer to send it.",
        "Uruchom rolę writer albo sprawdź jej dziennik; Kafka: `ceebus config check`.",
        "Starten Sie die Rolle writer oder sehen Sie ihr Protokoll an; Kafka: `ceebus config check`.",
        "Start the role writer or look at its log; Kafka: `ceebus config check`.",
    ),
    "answer_behind": Said(
        "Odpowiedź jest w drodze: {lag} rekordów w {topic} przed rolą feed.",
        "Die Antwort ist unterwegs: {lag} Datensätze in {topic} vor der Rolle feed.",
        "The answer is on its way: {lag} records in {topic} before the feed.",
        "Jeśli liczba nie maleje, zobacz dziennik roli feed.",
        "Sinkt die Zahl nicht, sehen Sie das Protokoll der Rolle feed an.",
        "If that number does not fall, look at the log of the role feed.",
    ),
    "answer_published": Said(
        "Odpowiedź czeka na nadawcę (pozycja {position}).",
        "Die Antwort liegt für den Absender bereit (Position {position}).",
        "The answer is ready for its sender (position {position}).",
    ),
    "answer_fetched": Said(
        "Nadawca {sender} odebrał odpowiedź ({acked_at}).",
        "Absender {sender} hat die Antwort abgeholt ({acked_at}).",
        "The sender {sender} has fetched the answer ({acked_at}).",
    ),
    "answer_not_fetched": Said(
        "Nadawca {sender} nie odebrał jeszcze odpowiedzi (pozycja {position}).",
        "Absender {sender} hat die Antwort noch nicht abgeholt (Position {position}).",
        "The sender {sender} has not fetched the answer yet (position {position}).",
        "Uruchom synchronizację na urządzeniu; ostatnio widziane: {last_seen_at}.",
        "Starten Sie die Synchronisierung auf dem Gerät; zuletzt gesehen: {last_seen_at}.",
        "Synchronise the device; it was seen last at {last_seen_at}.",
    ),
}
