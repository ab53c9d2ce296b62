/* What the programs beside this file share. Each is one test: it ends with 0, or says which line does not hold. */

#ifndef CHECK_H
#define CHECK_H

#include <nameplate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                              \
    do {                                                                              \
        if (!(condition)) {                                                           \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

#define CHECK_STATUS(wanted, call)                                                                    \
    do {                                                                                              \
        uint32_t found_ = (call);                                                                     \
        if (found_ != (wanted)) {                                                                     \
            fprintf(stderr, "%s:%d: %s: wanted %s, got: %s\n", __FILE__, __LINE__, #call, #wanted,    \
                    nameplate_status_text(found_));                                                   \
            exit(1);                                                                                  \
        }                                                                                             \
    } while (0)

#define OK(call) CHECK_STATUS(NAMEPLATE_OK, call)

/* Of the numbered files, which tests/library/files.rs describes. */
#define IN_OPERATOR 0xc6336407u /* 198.51.100.7 */
#define IN_COMPANY 0xc0000201u  /* 192.0.2.1 */
#define COMPANY_ID "lei:00000000000000000001"

static inline int says(nameplate_text_t text, const char *wanted) {
    return wanted == NULL ? text.data == NULL && text.length == 0
                          : text.length == strlen(wanted) && memcmp(text.data, wanted, text.length) == 0;
}

/* A whole file; `length` gets its bytes. */
static inline char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    CHECK(fseek(file, 0, SEEK_END) == 0);
    long end = ftell(file);
    CHECK(end >= 0 && fseek(file, 0, SEEK_SET) == 0);
    char *bytes = malloc((size_t)end + 1);
    CHECK(bytes != NULL && fread(bytes, 1, (size_t)end, file) == (size_t)end);
    bytes[end] = '\0';
    fclose(file);
    *length = (size_t)end;
    return bytes;
}

/* Puts a file in place of another in one step, as nameplate does. */
static inline void replace_file(const char *path, const char *bytes, size_t length) {
    char beside[4096];
    CHECK(snprintf(beside, sizeof beside, "%s.new", path) < (int)sizeof beside);
    FILE *file = fopen(beside, "wb");
    CHECK(file != NULL && fwrite(bytes, 1, length, file) == length && fclose(file) == 0);
    CHECK(rename(beside, path) == 0);
}

#endif
