/* An answer's facts, wherever they are: in a range file, or in bytes that came from a socket or a pickle.
 *
 * Such bytes are entries one behind the other, in any order:
 *
 *     | field, 1 byte | length, 4 bytes, of this machine | that many bytes of UTF-8 |
 *
 * A machine of the other byte order finds lengths that don't fit, and refuses the pickle. */

#include "core.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const char *const field_names[FIELDS] = {
    [STATUS] = "status",
    [COMPANY_ID] = "company.id",
    [COMPANY_NAME] = "company.name",
    [COMPANY_KIND] = "company.kind",
    [COMPANY_COUNTRY] = "company.country",
    [COMPANY_DOMAIN] = "company.domain",
    [COMPANY_LEGAL_FORM] = "company.legal_form",
    [COMPANY_INDUSTRY] = "company.industry",
    [COMPANY_REGISTER] = "company.register",
    [COMPANY_REGISTER_ID] = "company.register_id",
    [OPERATOR_ASN] = "operator.asn",
    [OPERATOR_NAME] = "operator.name",
    [OPERATOR_KIND] = "operator.kind",
    [NETWORK_FIRST] = "network.first",
    [NETWORK_LAST] = "network.last",
    [CONFIDENCE] = "confidence",
    [SOURCES] = "sources",
    [BLOCK] = "block",
};

const char *const status_names[4] = {"unknown", "company", "operator", "reserved"};

/* Where nameplate_answer_t has the texts. */
static const size_t offsets[FIELDS] = {
    [COMPANY_ID] = offsetof(nameplate_answer_t, company_id),
    [COMPANY_NAME] = offsetof(nameplate_answer_t, company_name),
    [COMPANY_KIND] = offsetof(nameplate_answer_t, company_kind),
    [COMPANY_COUNTRY] = offsetof(nameplate_answer_t, company_country),
    [COMPANY_DOMAIN] = offsetof(nameplate_answer_t, company_domain),
    [COMPANY_LEGAL_FORM] = offsetof(nameplate_answer_t, company_legal_form),
    [COMPANY_INDUSTRY] = offsetof(nameplate_answer_t, company_industry),
    [COMPANY_REGISTER] = offsetof(nameplate_answer_t, company_register),
    [COMPANY_REGISTER_ID] = offsetof(nameplate_answer_t, company_register_id),
    [OPERATOR_NAME] = offsetof(nameplate_answer_t, operator_name),
    [OPERATOR_KIND] = offsetof(nameplate_answer_t, operator_kind),
    [BLOCK] = offsetof(nameplate_answer_t, block),
};

Field field_of_name(const char *name, size_t length, Field from) {
    for (int i = 0; i < FIELDS; i++) {
        Field field = (Field)((from + i) % FIELDS);
        if (strlen(field_names[field]) == length && memcmp(field_names[field], name, length) == 0) {
            return field;
        }
    }
    return FIELDS;
}

static Text text_of(const nameplate_answer_t *answer, Field field) {
    nameplate_text_t text;
    memcpy(&text, (const char *)answer + offsets[field], sizeof text);
    return (Text){text.data, text.length};
}

/* The entry at `*bytes`, which is moved behind it; false at the end, and where none is whole. */
static bool next_entry(const unsigned char **bytes, const unsigned char *end, Field *field, Text *text) {
    uint32_t length;
    if (end - *bytes < 5 || **bytes >= FIELDS) {
        return false;
    }
    memcpy(&length, *bytes + 1, 4);
    if ((size_t)(end - *bytes - 5) < length) {
        return false;
    }
    *field = (Field)**bytes;
    *text = (Text){(const char *)*bytes + 5, length};
    *bytes += 5 + length;
    return true;
}

static Text packed_text(const Answer *answer, Field wanted) {
    const unsigned char *bytes = answer->facts.bytes, *end = bytes + answer->facts.length;
    Field field;
    Text text;
    while (next_entry(&bytes, end, &field, &text)) {
        if (field == wanted) {
            return text;
        }
    }
    return (Text){NULL, 0};
}

Text answer_text(const Answer *answer, Field field) {
    if (answer->snapshot == NULL) {
        return packed_text(answer, field);
    }
    const nameplate_hit_t *hit = &answer->hit;
    uint32_t named = field == COMPANY_NAME ? NAMEPLATE_COMPANY : field == OPERATOR_NAME ? NAMEPLATE_OPERATOR : NAMEPLATE_RESERVED;
    if ((field == COMPANY_NAME || field == OPERATOR_NAME || field == BLOCK) && hit->kind == named) {
        return (Text){hit->name.data, hit->name.length};
    }
    nameplate_answer_t all = {.size = sizeof all};
    if (nameplate_answer(answer->snapshot->handle, hit->answer, &all) != NAMEPLATE_OK) {
        return (Text){NULL, 0};
    }
    return text_of(&all, field);
}

static uint32_t kind_of_name(const char *name, size_t length) {
    uint32_t kind = 0;
    while (kind < 4 && (strlen(status_names[kind]) != length || memcmp(status_names[kind], name, length) != 0)) {
        kind++;
    }
    return kind;
}

uint32_t answer_kind(const Answer *answer) {
    if (answer->snapshot != NULL) {
        return answer->hit.kind;
    }
    Text status = packed_text(answer, STATUS);
    return kind_of_name(status.text, status.length);
}

/* A number of decimal digits alone. */
static bool parse_number(const char *text, size_t length, uint32_t *number) {
    uint64_t value = 0;
    if (length == 0 || length > 10) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    *number = (uint32_t)value;
    return value <= UINT32_MAX;
}

uint32_t facts_decimal(Text digits) {
    uint32_t number = 0;
    for (size_t i = 0; i < digits.length; i++) {
        number = number * 10 + (uint32_t)(digits.text[i] - '0');
    }
    return number;
}

bool answer_number(const Answer *answer, Field field, uint32_t *number) {
    if (answer->snapshot == NULL) {
        Text text = packed_text(answer, field);
        return text.text != NULL && parse_number(text.text, text.length, number);
    }
    if (field == CONFIDENCE) {
        *number = answer->hit.confidence;
        return answer->hit.kind == NAMEPLATE_COMPANY;
    }
    nameplate_answer_t all = {.size = sizeof all};
    if (nameplate_answer(answer->snapshot->handle, answer->hit.answer, &all) != NAMEPLATE_OK) {
        return false;
    }
    *number = all.operator_asn;
    return all.has_operator == 1;
}

/* Writes a number; gives its length. */
static size_t write_number(char *into, uint32_t number) {
    char digits[10];
    size_t count = 0, length = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0) {
        into[length++] = digits[--count];
    }
    return length;
}

/* The names of the sources in a mask, joined by commas. */
static bool join_sources(const nameplate_snapshot_t *snapshot, uint32_t mask, Facts *facts) {
    size_t length = 0;
    for (uint32_t i = 0; i < 32; i++) {
        nameplate_source_t source = {.size = sizeof source};
        if ((mask >> i & 1) == 0 || nameplate_source(snapshot, i, &source) != NAMEPLATE_OK) {
            continue;
        }
        char *longer = realloc(facts->sources, length + source.name.length + 1);
        if (longer == NULL) {
            return false;
        }
        facts->sources = longer;
        if (length > 0) {
            longer[length++] = ',';
        }
        memcpy(longer + length, source.name.data, source.name.length);
        length += source.name.length;
    }
    facts->texts[SOURCES] = (Text){facts->sources, length};
    return true;
}

bool facts_of_id(const nameplate_snapshot_t *snapshot, uint32_t id, Facts *facts) {
    memset(facts, 0, sizeof *facts);
    nameplate_answer_t all = {.size = sizeof all};
    bool known = nameplate_answer(snapshot, id, &all) == NAMEPLATE_OK;
    const char *status = status_names[known && all.kind < 4 ? all.kind : NAMEPLATE_UNKNOWN];
    facts->texts[STATUS] = (Text){status, strlen(status)};
    if (!known) {
        return true;
    }
    for (int field = 0; field < FIELDS; field++) {
        if (offsets[field] != 0) {
            facts->texts[field] = text_of(&all, (Field)field);
        }
    }
    if (all.has_operator == 1) {
        facts->texts[OPERATOR_ASN] = (Text){facts->asn, write_number(facts->asn, all.operator_asn)};
    }
    if (all.kind == NAMEPLATE_COMPANY) {
        facts->texts[CONFIDENCE] = (Text){facts->confidence, write_number(facts->confidence, all.confidence)};
    }
    return all.sources == 0 || join_sources(snapshot, all.sources, facts);
}

bool answer_facts(const Answer *answer, Facts *facts) {
    if (answer->snapshot == NULL) {
        const unsigned char *bytes = answer->facts.bytes, *end = bytes + answer->facts.length;
        Field field;
        Text text;
        memset(facts, 0, sizeof *facts);
        while (next_entry(&bytes, end, &field, &text)) {
            facts->texts[field] = text;
        }
        return true;
    }
    const nameplate_snapshot_t *snapshot = answer->snapshot->handle;
    bool done = facts_of_id(snapshot, answer->hit.answer, facts);
    nameplate_range_t range;
    if (nameplate_network(snapshot, answer->hit.interval, &range) == NAMEPLATE_OK) {
        facts->texts[NETWORK_FIRST] = (Text){facts->first, address_write(range.family, range.first, facts->first)};
        facts->texts[NETWORK_LAST] = (Text){facts->last, address_write(range.family, range.last, facts->last)};
    }
    return done;
}

void facts_free(Facts *facts) {
    free(facts->sources);
    facts->sources = NULL;
}

unsigned char *facts_put(unsigned char *end, Field field, const char *text, size_t length) {
    uint32_t length32 = (uint32_t)length;
    *end = (unsigned char)field;
    memcpy(end + 1, &length32, 4);
    memcpy(end + 5, text, length);
    return end + 5 + length;
}

unsigned char *facts_pack(const Facts *facts, size_t *length) {
    size_t room = 0;
    for (int field = 0; field < FIELDS; field++) {
        room += facts->texts[field].text == NULL ? 0 : 5 + facts->texts[field].length;
    }
    unsigned char *bytes = malloc(room), *end = bytes;
    if (bytes == NULL) {
        return NULL;
    }
    for (int field = 0; field < FIELDS; field++) {
        Text text = facts->texts[field];
        if (text.text != NULL) {
            end = facts_put(end, (Field)field, text.text, text.length);
        }
    }
    *length = room;
    return bytes;
}

/* Whether this is UTF-8 as Unicode defines it: Python refuses anything else when it makes a str of it. */
static bool is_utf8(const char *text, size_t length) {
    const unsigned char *at = (const unsigned char *)text, *end = at + length;
    while (at < end) {
        unsigned char lead = *at++;
        if (lead < 0x80) {
            continue;
        }
        int more = lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
        if (more == 0 || end - at < more) {
            return false;
        }
        /* Overlong forms, surrogates, and what is beyond U+10FFFF. */
        unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (at[0] < low || at[0] > high) {
            return false;
        }
        for (int i = 1; i < more; i++) {
            if ((at[i] & 0xc0) != 0x80) {
                return false;
            }
        }
        at += more;
    }
    return true;
}

bool facts_check(const unsigned char *bytes, size_t length) {
    const unsigned char *end = bytes + length;
    uint32_t seen = 0, number;
    while (bytes < end) {
        Field field;
        Text text;
        if (!next_entry(&bytes, end, &field, &text) || seen >> field & 1 || !is_utf8(text.text, text.length)) {
            return false;
        }
        seen |= 1u << field;
        if (field == STATUS && kind_of_name(text.text, text.length) == 4) {
            return false;
        }
        if ((field == OPERATOR_ASN || field == CONFIDENCE) && !parse_number(text.text, text.length, &number)) {
            return false;
        }
    }
    /* A network has two ends. */
    return (seen >> STATUS & 1) && (seen >> NETWORK_FIRST & 1) == (seen >> NETWORK_LAST & 1);
}
