/* The shortest way from an address to the name in libmaxminddb, as its manual shows it:
   MMDB_lookup_sockaddr, then MMDB_aget_value. So that Rust need not know the library's structs. */

#include <maxminddb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

MMDB_s *bench_mmdb_open(const char *path) {
    MMDB_s *database = malloc(sizeof *database);
    if (database != NULL && MMDB_open(path, MMDB_MODE_MMAP, database) != MMDB_SUCCESS) {
        free(database);
        return NULL;
    }
    return database;
}

void bench_mmdb_close(MMDB_s *database) {
    MMDB_close(database);
    free(database);
}

/* Bytes of the name at *name, which is not NUL-terminated; 0 where there is none. */
static size_t name_of(MMDB_lookup_result_s *result, const char **name) {
    static const char *const path[] = {"name", NULL};
    MMDB_entry_data_s data;
    if (!result->found_entry || MMDB_aget_value(&result->entry, &data, path) != MMDB_SUCCESS ||
        !data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING) {
        return 0;
    }
    *name = data.utf8_string;
    return data.data_size;
}

static size_t name_at(MMDB_s *database, const void *address, const char **name) {
    int error;
    MMDB_lookup_result_s result = MMDB_lookup_sockaddr(database, address, &error);
    return error == MMDB_SUCCESS ? name_of(&result, name) : 0;
}

/* The address is in host order. */
size_t bench_mmdb_name_v4(MMDB_s *database, uint32_t address, const char **name) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    return name_at(database, &in, name);
}

/* The address is 16 bytes in network order. */
size_t bench_mmdb_name_v6(MMDB_s *database, const uint8_t *address, const char **name) {
    struct sockaddr_in6 in = {.sin6_family = AF_INET6};
    memcpy(&in.sin6_addr, address, sizeof in.sin6_addr);
    return name_at(database, &in, name);
}

/* The address is NUL-terminated text. */
size_t bench_mmdb_name_text(MMDB_s *database, const char *text, const char **name) {
    int resolving;
    int error;
    MMDB_lookup_result_s result = MMDB_lookup_string(database, text, &resolving, &error);
    return resolving == 0 && error == MMDB_SUCCESS ? name_of(&result, name) : 0;
}
