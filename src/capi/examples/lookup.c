/* Says what is known of addresses, a line of JSON for each:
 *
 *     cc -o lookup lookup.c $(pkg-config --cflags --libs nameplate)
 *     ./lookup nameplate.npl 192.0.2.1 2001:db8::1
 */

#include <nameplate.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
    if (count < 2) {
        fprintf(stderr, "usage: %s FILE ADDRESS...\n", arguments[0]);
        return 2;
    }
    nameplate_db_t *db = NULL;
    nameplate_snapshot_t *snapshot = NULL;
    nameplate_error_t error = {.size = sizeof error};
    if (nameplate_open(arguments[1], NULL, &error, &db) != NAMEPLATE_OK) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    uint32_t status = nameplate_snapshot(db, &snapshot);
    for (int place = 2; place < count && status == NAMEPLATE_OK; place++) {
        nameplate_hit_t hit;
        char json[2048];
        size_t length;
        status = nameplate_lookup(snapshot, arguments[place], strlen(arguments[place]), &hit);
        if (status == NAMEPLATE_OK) {
            status = nameplate_json(snapshot, &hit, json, sizeof json, &length);
        }
        if (status == NAMEPLATE_OK) {
            printf("%s\n", json);
        }
    }
    if (status != NAMEPLATE_OK) {
        fprintf(stderr, "%s\n", nameplate_status_text(status));
    }
    nameplate_snapshot_free(snapshot);
    nameplate_close(db);
    return status != NAMEPLATE_OK;
}
