/* From an address to the name through the C ABI: the library is loaded as a program loads it, and called through pointers,
   which is what calls into a shared library are. */

#include <dlfcn.h>
#include <nameplate.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    void *library;
    nameplate_db_t *db;
    nameplate_snapshot_t *snapshot;
    __typeof__(&nameplate_lookup) lookup;
    __typeof__(&nameplate_lookup_v4) lookup_v4;
    __typeof__(&nameplate_lookup_v6) lookup_v6;
    __typeof__(&nameplate_lookup_batch_v4) lookup_batch_v4;
    __typeof__(&nameplate_lookup_batch_v6) lookup_batch_v6;
    __typeof__(&nameplate_snapshot_free) snapshot_free;
    __typeof__(&nameplate_close) close;
} bench_capi;

/* NULL where the library is missing, another, or refuses the file. */
bench_capi *bench_capi_open(const char *library, const char *path) {
    __typeof__(&nameplate_abi_version) version;
    __typeof__(&nameplate_open) open;
    __typeof__(&nameplate_snapshot) snapshot;
    bench_capi *capi = calloc(1, sizeof *capi);
    if (capi == NULL || (capi->library = dlopen(library, RTLD_NOW | RTLD_LOCAL)) == NULL) {
        return NULL;
    }
#define FIND(place, name) ((place = (__typeof__(&name))dlsym(capi->library, #name)) != NULL)
    if (FIND(version, nameplate_abi_version) && version() == NAMEPLATE_ABI_VERSION && FIND(open, nameplate_open) &&
        FIND(snapshot, nameplate_snapshot) && FIND(capi->lookup, nameplate_lookup) &&
        FIND(capi->lookup_v4, nameplate_lookup_v4) && FIND(capi->lookup_v6, nameplate_lookup_v6) &&
        FIND(capi->lookup_batch_v4, nameplate_lookup_batch_v4) &&
        FIND(capi->lookup_batch_v6, nameplate_lookup_batch_v6) &&
        FIND(capi->snapshot_free, nameplate_snapshot_free) && FIND(capi->close, nameplate_close) &&
        open(path, NULL, NULL, &capi->db) == NAMEPLATE_OK && snapshot(capi->db, &capi->snapshot) == NAMEPLATE_OK) {
        return capi;
    }
    return NULL;
}

void bench_capi_close(bench_capi *capi) {
    capi->snapshot_free(capi->snapshot);
    capi->close(capi->db);
    dlclose(capi->library);
    free(capi);
}

/* Bytes of the name at *name; 0 where there is none. The address is in host order. */
size_t bench_capi_name_v4(const bench_capi *capi, uint32_t address, const char **name) {
    nameplate_hit_t hit;
    if (capi->lookup_v4(capi->snapshot, address, &hit) != NAMEPLATE_OK) {
        return 0;
    }
    *name = hit.name.data;
    return hit.name.length;
}

/* The address is 16 bytes in network order. */
size_t bench_capi_name_v6(const bench_capi *capi, const uint8_t *address, const char **name) {
    nameplate_hit_t hit;
    if (capi->lookup_v6(capi->snapshot, address, &hit) != NAMEPLATE_OK) {
        return 0;
    }
    *name = hit.name.data;
    return hit.name.length;
}

/* The address is NUL-terminated text, as for libmaxminddb. */
size_t bench_capi_name_text(const bench_capi *capi, const char *text, const char **name) {
    nameplate_hit_t hit;
    if (capi->lookup(capi->snapshot, text, strlen(text), &hit) != NAMEPLATE_OK) {
        return 0;
    }
    *name = hit.name.data;
    return hit.name.length;
}

uint32_t bench_capi_batch_v4(const bench_capi *capi, const uint32_t *addresses, size_t count, uint32_t *ids) {
    return capi->lookup_batch_v4(capi->snapshot, addresses, count, ids);
}

uint32_t bench_capi_batch_v6(const bench_capi *capi, const uint8_t *addresses, size_t count, uint32_t *ids) {
    return capi->lookup_batch_v6(capi->snapshot, addresses, count, ids);
}
