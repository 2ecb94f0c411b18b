"""The result codes of domain.md 8: stable names, and their texts in three languages. Names in braces are params.

`python -m schemas.codes` prints docs/errors.md. Long, because the table is one thing: whoever looks a code up finds all of it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Language = Literal["pl", "de", "en"]


@dataclass(frozen=True, slots=True)
class Code:
    """One row of the table; `outcome` "content" is rejected on imports and quarantined on exports."""

    kinds: str
    outcome: str
    pl: str
    de: str
    en: str

    @property
    def on_export(self) -> str:
        """The outcome of an exported record with this code."""
        return "quarantined" if self.outcome == "content" else self.outcome


class _Named(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "?"


def text(code: str, language: Language, params: Mapping[str, Any]) -> str:
    """What a user reads; a code that is not in the table is shown as it is, a param that is missing as "?"."""
    row = CODES.get(code)
    return code if row is None else getattr(row, language).format_map(_Named(params))


def errors_page() -> str:
    """docs/errors.md."""
    lines = [
        "# Result codes",
        "",
        "Written by `python -m schemas.codes`. Outcomes: **rejected** goes back to the sender; **waiting** goes through by itself later;",
        "**quarantined** is held for an operator; **unchanged** has nothing to do; **conflict**: CEE's state stands; **warning** is done, with a",
        "remark. **content** is rejected on imports and quarantined on exports. Names in braces are filled in.",
        "",
        "| code | kinds | outcome | English | Polski | Deutsch |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [f"| `{name}` | {row.kinds} | {row.outcome} | {row.en} | {row.pl} | {row.de} |" for name, row in CODES.items()]
    return "\n".join(lines) + "\n"


CODES: dict[str, Code] = {
    "malformed": Code(
        "all",
        "content",
        "Rekord nie jest poprawnym JSON-em w UTF-8.",
        "Der Datensatz ist kein gültiges JSON in UTF-8.",
        "The record is not valid JSON in UTF-8.",
    ),
    "kind_unknown": Code(
        "all",
        "rejected",
        "Nieznany rodzaj lub kanał: {value}.",
        "Unbekannte Art oder unbekannter Kanal: {value}.",
        "Unknown kind or channel: {value}.",
    ),
    "channel_unknown": Code(
        "all",
        "rejected",
        "Nieznany rodzaj lub kanał: {value}.",
        "Unbekannte Art oder unbekannter Kanal: {value}.",
        "Unknown kind or channel: {value}.",
    ),
    "record_too_large": Code(
        "all",
        "content",
        "Rekord ma {size} bajtów; dozwolone jest najwyżej {limit}.",
        "Der Datensatz hat {size} Bytes; höchstens {limit} sind zulässig.",
        "The record has {size} bytes; at most {limit} are allowed.",
    ),
    "superseded": Code(
        "all", "unchanged", "Zastąpiono nowszą wersją.", "Durch einen neueren Stand ersetzt.", "Replaced by a newer version."
    ),
    "filtered": Code(
        "exp",
        "unchanged",
        "Kanał nie obejmuje tego obiektu: {rule}.",
        "Der Kanal umfasst dieses Objekt nicht: {rule}.",
        "The channel does not carry this object: {rule}.",
    ),
    "channel_inactive": Code(
        "all (run)",
        "rejected",
        "Kanał sprzedaży {channel} jest nieaktywny; przebiegu nie uruchomiono.",
        "Vertriebskanal {channel} ist inaktiv; der Lauf wurde nicht gestartet.",
        "Sales channel {channel} is inactive; the run was not started.",
    ),
    "run_overlap": Code(
        "all (run)",
        "waiting",
        "Trwa inny przebieg tego kanału w tym samym kierunku.",
        "Ein anderer Lauf dieses Kanals in derselben Richtung ist aktiv.",
        "Another run of this channel in the same direction is active.",
    ),
    "delivery_failed": Code(
        "all",
        "waiting",
        "Przesłanie nie powiodło się; próba zostanie powtórzona.",
        "Übertragung fehlgeschlagen; der Versuch wird wiederholt.",
        "Delivery failed; it will be tried again.",
    ),
    "attempts_exhausted": Code(
        "all",
        "quarantined",
        "Wstrzymano po {count} nieudanych próbach; wymagane ręczne ponowienie.",
        "Nach {count} Fehlversuchen angehalten; manuelle Wiederholung nötig.",
        "Parked after {count} failed attempts; manual retry needed.",
    ),
    "field_missing": Code(
        "all", "content", "Brak wymaganego pola {field}.", "Pflichtfeld {field} fehlt.", "Required field {field} is missing."
    ),
    "field_invalid": Code(
        "all",
        "content",
        "Pole {field} ma niedozwoloną wartość „{value}”.",
        "Feld {field} hat den unzulässigen Wert „{value}“.",
        'Field {field} has the invalid value "{value}".',
    ),
    "field_too_long": Code(
        "all",
        "content",
        "Pole {field} przekracza {limit} znaków.",
        "Feld {field} ist länger als {limit} Zeichen.",
        "Field {field} is longer than {limit} characters.",
    ),
    "currency_mismatch": Code(
        "exp partners, price-lists, sales-documents; imp documents",
        "content",
        "Waluta {value} różni się od waluty kanału {currency}.",
        "Währung {value} weicht von der Kanalwährung {currency} ab.",
        "Currency {value} differs from the channel currency {currency}.",
    ),
    "too_many_lines": Code(
        "sales-documents, documents",
        "content",
        "Dokument ma {count} pozycji; dozwolone jest najwyżej 500.",
        "Das Dokument hat {count} Positionen; höchstens 500 sind zulässig.",
        "The document has {count} lines; at most 500 are allowed.",
    ),
    "attachment_too_large": Code(
        "attachments", "content", "Plik {name} przekracza 3 MB.", "Datei {name} ist größer als 3 MB.", "File {name} is larger than 3 MB."
    ),
    "extension_not_allowed": Code(
        "attachments",
        "content",
        "Rozszerzenie .{extension} jest niedozwolone.",
        "Die Dateiendung .{extension} ist nicht zulässig.",
        "The extension .{extension} is not allowed.",
    ),
    "content_type_mismatch": Code(
        "attachments",
        "content",
        "Zawartość pliku {name} nie odpowiada rozszerzeniu .{extension}.",
        "Der Inhalt von {name} passt nicht zur Endung .{extension}.",
        "The content of {name} does not match the extension .{extension}.",
    ),
    "content_missing": Code(
        "attachments",
        "waiting",
        "Zawartość pliku {name} jeszcze nie dotarła.",
        "Der Inhalt von {name} ist noch nicht eingetroffen.",
        "The content of {name} has not arrived yet.",
    ),
    "content_hash_mismatch": Code(
        "attachments",
        "content",
        "Suma kontrolna pliku {name} się nie zgadza.",
        "Die Prüfsumme von {name} stimmt nicht.",
        "The checksum of {name} does not match.",
    ),
    "note_too_long": Code(
        "attachments",
        "content",
        "Notatka przekracza 4000 znaków.",
        "Die Notiz ist länger als 4000 Zeichen.",
        "The note is longer than 4000 characters.",
    ),
    "duplicate_attachment": Code(
        "attachments",
        "unchanged",
        "Ten plik jest już przypisany do {owner}.",
        "Diese Datei ist {owner} bereits zugeordnet.",
        "This file is already attached to {owner}.",
    ),
    "reference_missing": Code(
        "exp",
        "waiting",
        "Obiektu {ref} nie przesłano jeszcze do kanału.",
        "Objekt {ref} wurde noch nicht in den Kanal übertragen.",
        "Object {ref} has not been sent to the channel yet.",
    ),
    "already_transferred": Code(
        "exp",
        "unchanged",
        "Wersję {version} już przesłano.",
        "Version {version} wurde bereits übertragen.",
        "Version {version} was already transferred.",
    ),
    "duplicate_price": Code(
        "price-lists",
        "quarantined",
        "Cennik {list}: więcej niż jedna cena artykułu {article} ({unit}, próg {scale}) na dzień {date}.",
        "Preisliste {list}: mehr als ein Preis für Artikel {article} ({unit}, Staffel {scale}) am {date}.",
        "Price list {list}: more than one price for article {article} ({unit}, scale {scale}) on {date}.",
    ),
    "list_not_on_profile": Code(
        "price-lists",
        "warning",
        "Brak cennika {list} w profilu {profile}; rabaty mogą być błędne.",
        "Preisliste {list} fehlt im Profil {profile}; Rabatte können falsch sein.",
        "Price list {list} is missing on profile {profile}; discounts may be wrong.",
    ),
    "duplicate_discount": Code(
        "master-data",
        "quarantined",
        "Partner {partner} ma więcej niż jeden rabat {component} o tym samym progu i początku ważności.",
        "Partner {partner} hat mehrere Rabatte {component} mit gleicher Schwelle und gleichem Gültigkeitsbeginn.",
        "Partner {partner} has several discounts {component} with the same threshold and start of validity.",
    ),
    "promotion_not_supported": Code(
        "master-data",
        "quarantined",
        "Obsługiwane są tylko promocje typu „Klient”.",
        "Nur Sonderangebote vom Typ „Kunde“ werden unterstützt.",
        'Only promotions of type "Customer" are supported.',
    ),
    "rep_employer_mismatch": Code(
        "sales-reps",
        "quarantined",
        "Pracodawca przedstawiciela {rep} nie jest organizacją sprzedaży kanału.",
        "Der Arbeitgeber des Vertreters {rep} ist nicht die Vertriebsorganisation des Kanals.",
        "The employer of representative {rep} is not the channel's sales organisation.",
    ),
    "ean_invalid": Code(
        "articles",
        "warning",
        "Pominięto błędny kod EAN {value} artykułu {article}.",
        "Ungültige EAN {value} des Artikels {article} wurde weggelassen.",
        "Invalid EAN {value} of article {article} was left out.",
    ),
    "category_cycle": Code(
        "article-categories",
        "quarantined",
        "Kategoria {key} jest nadrzędna wobec samej siebie.",
        "Kategorie {key} ist sich selbst übergeordnet.",
        "Category {key} is its own ancestor.",
    ),
    "category_too_deep": Code(
        "article-categories",
        "quarantined",
        "Kategoria {key} leży poniżej 10. poziomu.",
        "Kategorie {key} liegt tiefer als Ebene 10.",
        "Category {key} lies deeper than level 10.",
    ),
    "category_duplicate_article": Code(
        "article-categories",
        "quarantined",
        "Artykuł {article} przypisano do kategorii {key} więcej niż raz.",
        "Artikel {article} ist der Kategorie {key} mehrfach zugeordnet.",
        "Article {article} is assigned to category {key} more than once.",
    ),
    "category_root_changed": Code(
        "article-categories",
        "quarantined",
        "Drzewo {root} różni się od ustalonego w kanale; potrzebny jest nowy kanał.",
        "Baum {root} weicht vom Baum des Kanals ab; ein neuer Kanal ist nötig.",
        "Tree {root} differs from the channel's tree; a new channel is needed.",
    ),
    "category_not_released": Code(
        "article-categories",
        "waiting",
        "Drzewo kategorii {root} nie jest zwolnione.",
        "Kategoriebaum {root} ist nicht freigegeben.",
        "Category tree {root} is not released.",
    ),
    "not_stock_managed": Code(
        "availability",
        "quarantined",
        "Artykuł {article} nie podlega gospodarce magazynowej.",
        "Artikel {article} ist nicht bestandsgeführt.",
        "Article {article} is not stock-managed.",
    ),
    "article_outside_assortment": Code(
        "sales-documents",
        "warning",
        "Artykuł {article} jest spoza asortymentu; przesłano tylko dane podstawowe.",
        "Artikel {article} gehört nicht zum Sortiment; nur Grunddaten wurden übertragen.",
        "Article {article} is outside the assortment; only basic data were sent.",
    ),
    "device_revoked": Code(
        "imp",
        "rejected",
        "Urządzenie {device} wyrejestrowano po przesłaniu danych.",
        "Gerät {device} wurde nach dem Hochladen abgemeldet.",
        "Device {device} was revoked after the upload.",
    ),
    "epoch_changed": Code(
        "imp",
        "conflict",
        "Bazę urządzenia utworzono na nowo lub odtworzono; niczego nie nadpisano ani nie usunięto.",
        "Die Gerätedatenbank wurde neu angelegt oder wiederhergestellt; nichts wurde überschrieben oder gelöscht.",
        "The device database was recreated or restored; nothing was overwritten or deleted.",
    ),
    "already_imported": Code(
        "imp",
        "unchanged",
        "Rekord został już zaimportowany.",
        "Der Datensatz wurde bereits importiert.",
        "The record was already imported.",
    ),
    "stale_revision": Code(
        "partners, attachments, visits",
        "unchanged",
        "Zaimportowano już nowszą wersję z urządzenia.",
        "Ein neuerer Stand vom Gerät wurde bereits importiert.",
        "A newer revision from the device was already imported.",
    ),
    "echo_ignored": Code(
        "partners",
        "unchanged",
        "Rekord jest zgodny ze stanem otrzymanym z CEE.",
        "Der Datensatz entspricht dem von CEE erhaltenen Stand.",
        "The record equals the state received from CEE.",
    ),
    "partner_missing": Code(
        "documents, attachments, visits",
        "waiting",
        "Partnera {partner} nie ma jeszcze w CEE.",
        "Partner {partner} ist in CEE noch nicht vorhanden.",
        "Partner {partner} does not exist in CEE yet.",
    ),
    "document_missing": Code(
        "attachments",
        "waiting",
        "Dokumentu {document} nie ma jeszcze w CEE.",
        "Dokument {document} ist in CEE noch nicht vorhanden.",
        "Document {document} does not exist in CEE yet.",
    ),
    "article_missing": Code(
        "documents, attachments",
        "waiting",
        "Artykuł {article} nie jest znany w kanale.",
        "Artikel {article} ist im Kanal nicht bekannt.",
        "Article {article} is not known in the channel.",
    ),
    "rep_missing": Code(
        "partners, documents, visits",
        "waiting",
        "Przedstawiciel {rep} nie jest znany w kanale.",
        "Vertreter {rep} ist im Kanal nicht bekannt.",
        "Representative {rep} is not known in the channel.",
    ),
    "template_missing": Code(
        "partners",
        "waiting",
        "W kanale brakuje szablonu partnera {template}.",
        "Im Kanal fehlt die Partnervorlage {template}.",
        "Partner template {template} is missing in the channel.",
    ),
    "warning_not_confirmed": Code(
        "partners",
        "waiting",
        "Ostrzeżenia czekają na potwierdzenie operatora.",
        "Warnungen warten auf Bestätigung durch den Operator.",
        "Warnings wait for an operator's confirmation.",
    ),
    "tax_id_invalid": Code(
        "partners",
        "rejected",
        "Numer podatkowy {value} jest nieprawidłowy.",
        "Die Steuernummer {value} ist ungültig.",
        "Tax id {value} is not valid.",
    ),
    "duplicate_tax_id": Code(
        "partners",
        "rejected",
        "Partner {partner} ma już numer podatkowy {value}.",
        "Partner {partner} hat bereits die Steuernummer {value}.",
        "Partner {partner} already has tax id {value}.",
    ),
    "duplicate_tax_id_warning": Code(
        "partners",
        "warning",
        "Zaimportowano, ale partner {partner} ma ten sam numer podatkowy {value}.",
        "Importiert, aber Partner {partner} hat dieselbe Steuernummer {value}.",
        "Imported, but partner {partner} has the same tax id {value}.",
    ),
    "edit_lost": Code(
        "partners",
        "conflict",
        "Pole {field}: zmiana z urządzenia „{device_value}” przepadła; obowiązuje „{cee_value}” z CEE.",
        "Feld {field}: Geräteänderung „{device_value}“ verworfen; es gilt „{cee_value}“ aus CEE.",
        'Field {field}: device edit "{device_value}" was lost; "{cee_value}" from CEE stands.',
    ),
    "base_version_unknown": Code(
        "partners",
        "conflict",
        "Wersja bazowa {version} jest nieznana; różniące się pola pozostają jak w CEE.",
        "Basisversion {version} ist unbekannt; abweichende Felder bleiben wie in CEE.",
        "Base version {version} is unknown; differing fields stay as in CEE.",
    ),
    "field_read_only": Code(
        "partners",
        "warning",
        "Pole {field} można zmieniać tylko w CEE; zmianę pominięto.",
        "Feld {field} ist nur in CEE änderbar; die Änderung wurde ignoriert.",
        "Field {field} can be changed in CEE only; the change was ignored.",
    ),
    "removal_ignored": Code(
        "partners",
        "warning",
        "Usunięcie partnera {partner} na urządzeniu pominięto.",
        "Das Löschen des Partners {partner} auf dem Gerät wurde ignoriert.",
        "The removal of partner {partner} on the device was ignored.",
    ),
    "partner_blocked": Code(
        "documents",
        "waiting",
        "Partner {partner} jest zablokowany; dokument czeka na zwolnienie.",
        "Partner {partner} ist gesperrt; das Dokument wartet auf die Freigabe.",
        "Partner {partner} is blocked; the document waits for release.",
    ),
    "partner_is_prospect": Code(
        "documents",
        "waiting",
        "Kontrahent {partner} jest potencjalny; dokument czeka na zmianę roli na klienta.",
        "{partner} ist ein potenzieller Kunde; das Dokument wartet auf die Umwandlung zum Kunden.",
        "{partner} is a prospect; the document waits until it becomes a customer.",
    ),
    "partner_inactive": Code(
        "documents",
        "waiting",
        "Partner {partner} nie jest aktywny w kanale.",
        "Partner {partner} ist im Kanal nicht aktiv.",
        "Partner {partner} is not active in the channel.",
    ),
    "document_not_confirmed": Code(
        "documents",
        "rejected",
        "Dokument {mobile_number} nie jest zatwierdzony.",
        "Dokument {mobile_number} ist nicht bestätigt.",
        "Document {mobile_number} is not confirmed.",
    ),
    "quote_expired": Code(
        "documents",
        "rejected",
        "Oferta {mobile_number} straciła ważność {date}.",
        "Angebot {mobile_number} ist am {date} abgelaufen.",
        "Quote {mobile_number} expired on {date}.",
    ),
    "totals_mismatch": Code(
        "documents",
        "rejected",
        "{field}: urządzenie podało {value}, z obliczeń wynika {expected}.",
        "{field}: Gerät meldet {value}, berechnet wurde {expected}.",
        "{field}: the device states {value}, recomputed {expected}.",
    ),
    "discount_above_limit": Code(
        "documents",
        "rejected",
        "Rabat {value} % przekracza limit {limit} %.",
        "Rabatt {value} % überschreitet die Grenze {limit} %.",
        "Discount {value} % exceeds the limit {limit} %.",
    ),
    "price_outdated": Code(
        "documents",
        "warning",
        "Pozycja {position}: cena {value} różni się od aktualnej {expected}.",
        "Position {position}: Preis {value} weicht vom aktuellen {expected} ab.",
        "Line {position}: price {value} differs from the current {expected}.",
    ),
    "article_deactivated": Code(
        "documents",
        "warning",
        "Pozycja {position}: artykuł {article} nie jest już w kanale.",
        "Position {position}: Artikel {article} ist nicht mehr im Kanal.",
        "Line {position}: article {article} is no longer in the channel.",
    ),
    "content_conflict": Code(
        "documents",
        "conflict",
        "Dokument o tym identyfikatorze ma już inną treść; niczego nie nadpisano.",
        "Ein Dokument mit dieser Kennung hat bereits anderen Inhalt; nichts wurde überschrieben.",
        "A document with this id already has other content; nothing was overwritten.",
    ),
    "mobile_number_taken": Code(
        "documents",
        "conflict",
        "Numer {mobile_number} należy do innego dokumentu.",
        "Nummer {mobile_number} gehört zu einem anderen Dokument.",
        "Number {mobile_number} belongs to another document.",
    ),
    "visit_not_confirmed": Code(
        "visits",
        "waiting",
        "Wizyta {number} ({partner}, {start}) nie jest potwierdzona.",
        "Besuch {number} ({partner}, {start}) ist nicht bestätigt.",
        "Visit {number} ({partner}, {start}) is not confirmed.",
    ),
    "visit_not_future": Code(
        "visits",
        "rejected",
        "Termin wizyty {number} ({partner}, {start}) już minął.",
        "Der Termin des Besuchs {number} ({partner}, {start}) ist vorbei.",
        "Visit {number} ({partner}, {start}) is no longer in the future.",
    ),
    "rep_not_cee_user": Code(
        "visits",
        "waiting",
        "Wizyta {number}: przedstawiciel {rep} nie jest użytkownikiem CEE.",
        "Besuch {number}: Vertreter {rep} ist kein CEE-Benutzer.",
        "Visit {number}: representative {rep} is not a CEE user.",
    ),
    "not_an_appointment": Code(
        "visits",
        "rejected",
        "Działanie {number} nie jest wizytą.",
        "Aktivität {number} ist kein Besuch.",
        "Activity {number} is not an appointment.",
    ),
}

if __name__ == "__main__":
    print(errors_page(), end="")  # noqa: T201
