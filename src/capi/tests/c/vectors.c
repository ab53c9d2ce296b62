/* Runs tests/vectors/vectors.tsv through the C ABI, whose README says what is in it. Arguments: that file, the range file
   that was built for it, and its suppression list. */

#include "check.h"
#include <arpa/inet.h>

static int failures;

/* Makes bytes of \xHH, in place. */
static size_t unescape(char *text) {
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        unsigned byte;
        if (from[0] == '\\' && from[1] == 'x' && sscanf(from + 2, "%2x", &byte) == 1) {
            *to = (char)byte;
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}

static void expect(const char *line, const char *what, const char *wanted, const char *found) {
    if (strcmp(wanted, found) != 0) {
        fprintf(stderr, "%s (%s)\n  wanted: %s\n  found:  %s\n", line, what, wanted, found);
        failures++;
    }
}

static void expect_json(const nameplate_snapshot_t *snapshot, const char *line, const char *what, const char *wanted,
                        const nameplate_hit_t *hit) {
    char json[4096];
    size_t length;
    OK(nameplate_json(snapshot, hit, json, sizeof json, &length));
    CHECK(length == strlen(json));
    expect(line, what, wanted, json);
}

/* Every way to ask for one address. */
static void lookup(const nameplate_snapshot_t *snapshot, const char *line, const char *text, size_t length,
                   const char *wanted) {
    nameplate_hit_t hit, other, batch[3];
    nameplate_text_t texts[3] = {{"::", 2}, {text, length}, {"no address", 10}};
    OK(nameplate_lookup_batch(snapshot, texts, 3, batch));
    CHECK(batch[2].kind == NAMEPLATE_INVALID);
    uint32_t status = nameplate_lookup(snapshot, text, length, &hit);
    if (strcmp(wanted, "invalid") == 0) {
        expect(line, "text", "not an address", nameplate_status_text(status));
        CHECK(batch[1].kind == NAMEPLATE_INVALID);
        return;
    }
    if (status != NAMEPLATE_OK) {
        expect(line, "text", "done", nameplate_status_text(status));
        return;
    }
    expect_json(snapshot, line, "text", wanted, &hit);
    CHECK(memcmp(&hit, &batch[1], sizeof hit) == 0);
    /* What inet_pton reads is the same address; some forms that nameplate reads it does not. */
    struct in_addr v4;
    uint8_t v6[16];
    uint32_t id = UINT32_MAX;
    if (inet_pton(AF_INET, text, &v4) == 1) {
        uint32_t address = ntohl(v4.s_addr);
        OK(nameplate_lookup_v4(snapshot, address, &other));
        OK(nameplate_lookup_batch_v4(snapshot, &address, 1, &id));
    } else {
        CHECK(inet_pton(AF_INET6, text, v6) == 1);
        OK(nameplate_lookup_v6(snapshot, v6, &other));
        OK(nameplate_lookup_batch_v6(snapshot, v6, 1, &id));
    }
    CHECK(memcmp(&hit, &other, sizeof hit) == 0 && id == hit.answer);
}

/* first-last, separated by spaces. */
static void networks(const nameplate_snapshot_t *snapshot, const char *line, const char *id, size_t length,
                     const char *wanted) {
    nameplate_range_t ranges[64];
    size_t count, used = 0;
    char found[8192] = "";
    uint32_t status = nameplate_networks(snapshot, id, length, 0, ranges, 64, &count);
    if (status == NAMEPLATE_ERROR_NOT_FOUND) {
        expect(line, "networks", wanted, "none");
        return;
    }
    OK(status);
    CHECK(count < 64);
    for (size_t place = 0; place < count; place++) {
        char first[INET6_ADDRSTRLEN], last[INET6_ADDRSTRLEN];
        int family = ranges[place].family == 4 ? AF_INET : AF_INET6;
        CHECK(inet_ntop(family, ranges[place].first, first, sizeof first) != NULL);
        CHECK(inet_ntop(family, ranges[place].last, last, sizeof last) != NULL);
        used += (size_t)snprintf(found + used, sizeof found - used, "%s%s-%s", place ? " " : "", first, last);
    }
    expect(line, "networks", wanted, found);
}

int main(int count, char **arguments) {
    CHECK(count == 4);
    nameplate_db_t *db = NULL;
    nameplate_snapshot_t *whole = NULL, *suppressed = NULL;
    OK(nameplate_open(arguments[2], NULL, NULL, &db));
    OK(nameplate_snapshot(db, &whole));
    OK(nameplate_suppress(db, arguments[3], NULL, NULL));
    OK(nameplate_snapshot(db, &suppressed));
    OK(nameplate_close(db));

    size_t length;
    int lines = 0;
    char *file = read_file(arguments[1], &length), *rest = file;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (*line == '#' || *line == '\0') {
            continue;
        }
        char *shown = strdup(line), *fields = line, *part[4];
        CHECK(shown != NULL);
        for (int place = 0; place < 4; place++) {
            part[place] = strsep(&fields, "\t");
            CHECK(part[place] != NULL);
        }
        CHECK(fields == NULL);
        const nameplate_snapshot_t *snapshot = strcmp(part[0], "suppressed") == 0 ? suppressed : whole;
        CHECK(snapshot == suppressed || strcmp(part[0], "whole") == 0);
        size_t input = unescape(part[2]);
        if (strcmp(part[1], "lookup") == 0) {
            lookup(snapshot, shown, part[2], input, part[3]);
        } else {
            CHECK(strcmp(part[1], "networks") == 0);
            networks(snapshot, shown, part[2], input, part[3]);
        }
        lines++;
        free(shown);
    }
    free(file);
    OK(nameplate_snapshot_free(whole));
    OK(nameplate_snapshot_free(suppressed));
    printf("%d vectors, %d failed\n", lines, failures);
    CHECK(lines >= 100);
    return failures != 0;
}
