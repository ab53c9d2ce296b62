/* What the extension's files share: the handle of an open range file, and the answers that read from it. */

#ifndef PHP_NAMEPLATE_H
#define PHP_NAMEPLATE_H

#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "php.h"
#include "nameplate.h"

#define PHP_NAMEPLATE_VERSION "0.1.0"

extern zend_module_entry nameplate_module_entry;
#define phpext_nameplate_ptr &nameplate_module_entry

typedef struct np_answer np_answer;

/* What tells one file from the one that replaced it. All zero: there is none. */
typedef struct {
    zend_ulong device, inode, size, modified;
} np_stamp;

/*
 * An open range file. It belongs to the process (in a thread-safe PHP: to the thread) and outlives requests: the next
 * request finds it in np_globals.handles. It holds one snapshot, its newest. Answers read from that when they are asked;
 * before it is let go of, all answers that still would are completed (np_handle_settle). So nothing that a script
 * keeps ever keeps a replaced file in memory.
 */
typedef struct {
    nameplate_db_t *database;
    nameplate_snapshot_t *snapshot;
    np_answer *live;    /* answers that are not complete; request memory */
    uint32_t users;     /* Database objects of this request */
    zend_ulong used;    /* np_globals.clock when it was last opened */
    np_stamp file, list;
    char *path;         /* absolute */
    char *list_path;    /* absolute, or NULL */
    bool complained;    /* that the file at hand was refused has been logged */
} np_handle;

/* An answer knows status, name and confidence; the rest is read from the snapshot at the first touch. */
struct np_answer {
    np_handle *handle;  /* NULL: complete */
    np_answer *next;    /* in handle->live */
    np_answer **back;   /* what points here */
    uint32_t id;        /* for nameplate_answer */
    uint32_t interval;  /* for nameplate_network */
    zend_object std;
};

ZEND_BEGIN_MODULE_GLOBALS(nameplate)
    HashTable handles;  /* options and path -> np_handle */
    zend_ulong clock;
    bool auto_reload;
    zend_long max_databases;
ZEND_END_MODULE_GLOBALS(nameplate)

ZEND_EXTERN_MODULE_GLOBALS(nameplate)
#define NP_G(v) ZEND_MODULE_GLOBALS_ACCESSOR(nameplate, v)

#if defined(ZTS) && defined(COMPILE_DL_NAMEPLATE)
ZEND_TSRMLS_CACHE_EXTERN()
#endif

extern zend_class_entry *np_exception_ce, *np_lookup_ce, *np_database_ce, *np_answer_ce, *np_company_ce,
    *np_operator_ce, *np_network_ce, *np_metadata_ce, *np_source_ce;

/* database.c */
void np_database_minit(void);
void np_handle_destroy(zval *entry);

/* answer.c */
void np_answer_minit(void);
void np_answer_create(zval *into, np_handle *handle, const nameplate_hit_t *hit);
void np_answer_create_without_network(zval *into, np_handle *handle, const nameplate_answer_t *answer);
void np_answer_complete(np_answer *answer);
void np_network_create(zval *into, const nameplate_range_t *range);
void np_metadata_create(zval *into, np_handle *handle);

#endif
