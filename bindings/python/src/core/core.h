/* What the files of the extension share.
 *
 *     module.c    the module: its types, its error, its functions
 *     address.c   Python objects that are addresses; addresses and ranges as text
 *     quads.c     IPv4 addresses of text, many at a time
 *     answer.c    Answer, Company, Operator, Network: what users hold
 *     facts.c     an answer's facts, wherever they are: in a range file, or in bytes from a socket
 *     database.c  Database: a range file in this process
 *     bulk.c      lookup_many
 *     values.c    lookup_many of one field alone
 *     resp.c      Reader: replies of the daemon, made into answers
 *     arrow_*.c   lookup_arrow: columns of addresses in and of answers out, through the Arrow C data interface
 *
 * Only Python's stable ABI of 3.10 is used, so one compiled file serves every later version. The buffer protocol is
 * in it from 3.11 on; where bytes of an array are wanted they are copied once, through a memoryview. */

#ifndef NAMEPLATE_PYTHON_CORE_H
#define NAMEPLATE_PYTHON_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <nameplate.h>
#include <stdbool.h>
#include <stdint.h>

/* The facts of an answer, in the order of its JSON. Their numbers are in pickles. */
typedef enum {
    STATUS,
    COMPANY_ID,
    COMPANY_NAME,
    COMPANY_KIND,
    COMPANY_COUNTRY,
    COMPANY_DOMAIN,
    COMPANY_LEGAL_FORM,
    COMPANY_INDUSTRY,
    COMPANY_REGISTER,
    COMPANY_REGISTER_ID,
    OPERATOR_ASN,
    OPERATOR_NAME,
    OPERATOR_KIND,
    NETWORK_FIRST,
    NETWORK_LAST,
    CONFIDENCE,
    SOURCES,
    BLOCK,
    FIELDS,
} Field;

/* Their names, `company.legal_form`: the keys of the JSON, joined by dots, as the daemon sends them. */
extern const char *const field_names[FIELDS];
/* What statuses are called, by NAMEPLATE_UNKNOWN and so on. */
extern const char *const status_names[4];

typedef struct {
    PyTypeObject *database, *snapshot, *answer, *company, *operator_, *network, *reader, *arrow;
    /* NameplateError. */
    PyObject *error;
    /* ipaddress's classes. */
    PyObject *ipv4_address, *ipv6_address, *ipv4_interface, *ipv6_interface;
    PyObject *statuses[4];
    /* What Reader.read gives when more bytes are needed. */
    PyObject *incomplete;
} State;

/* A state of a database, shared by the answers that were read from it. */
typedef struct {
    PyObject_HEAD
    nameplate_snapshot_t *handle;
    State *state;
} Snapshot;

/* Read lazily: from a snapshot by the hit, or, where there is no snapshot, from the facts' own bytes. */
typedef struct {
    PyObject_HEAD
    Snapshot *snapshot;
    union {
        nameplate_hit_t hit;
        struct {
            unsigned char *bytes;
            size_t length;
        } facts;
    };
} Answer;

/* An address that was read of a Python object. */
typedef struct {
    enum { TEXT, V4, V6 } form;
    /* TEXT: lent by the object. */
    const char *text;
    size_t length;
    uint32_t v4;
    uint8_t v6[16];
} Address;

/* Room for the longest text of an address, and a NUL. */
#define ADDRESS_ROOM (NAMEPLATE_ADDRESS_LENGTH + 1)

/* module.c */

/* Raises NameplateError with a code; gives NULL. */
PyObject *raise_error(State *state, const char *code, const char *text);
/* Raises what a status of the library means; gives NULL. `text` may be NULL. */
PyObject *raise_status(State *state, uint32_t status, const char *text);
/* Raises the error for what is no address; `index` is its place among many, or -1. Gives NULL. */
PyObject *raise_address(Py_ssize_t index);

/* address.c */

/* 1: read. 0: no address, nothing is raised. -1: raised, for no such object can be one. */
int address_read(State *state, PyObject *object, Address *address);
/* The same for 4 or 16 bytes in network order. */
int address_of_bytes(const char *bytes, size_t length, Address *address);
/* 1: looked up. 0: no address. */
int address_lookup(const nameplate_snapshot_t *snapshot, const Address *address, nameplate_hit_t *hit);
/* Writes an address of a family's 4 or 16 bytes as RFC 5952 has it, with a NUL; gives its length. */
size_t address_write(uint32_t family, const uint8_t *bytes, char *text);

/* quads.c */

/* To be called once, before any of the others. */
void quads_prepare(void);
/* Whether this is a dotted quad, and which; where it is none, it may be IPv6. */
bool quad_read(const char *text, size_t length, uint32_t *address);
/* Most addresses that are read at once. */
enum { BATCH = 1024 };
/* The answer ids of texts, at most BATCH. Where a text is no address, `valid` is false. False: the library failed. Needs no lock
 * of Python's. */
bool address_ids(const nameplate_snapshot_t *snapshot, const nameplate_text_t *texts, size_t count, uint32_t *ids, bool *valid);

/* answer.c */

bool answer_add_types(PyObject *module, State *state);
PyObject *answer_of_hit(Snapshot *snapshot, const nameplate_hit_t *hit);
/* Takes a copy of the facts, which have been checked. */
PyObject *answer_of_facts(State *state, const unsigned char *facts, size_t length);
PyObject *network_of_range(State *state, const nameplate_range_t *range);
PyObject *network_of_texts(State *state, PyObject *first, PyObject *last);
/* An answer of bytes that `Answer.__reduce__` wrote. */
PyObject *answer_restore(PyObject *module, PyObject *bytes);

/* facts.c */

/* A fact, and where it stands. `text` is NULL where there is none. */
typedef struct {
    const char *text;
    size_t length;
} Text;

/* All facts of an answer, lent by it and by this struct, which must not be moved. Numbers are texts too, and so are the sources,
 * joined by commas. */
typedef struct {
    Text texts[FIELDS];
    char first[ADDRESS_ROOM], last[ADDRESS_ROOM], asn[12], confidence[12];
    /* Of malloc, or NULL. */
    char *sources;
} Facts;

/* All facts of an answer by its id, but for the network; false without memory. */
bool facts_of_id(const nameplate_snapshot_t *snapshot, uint32_t id, Facts *facts);
/* The number that a text of digits says. */
uint32_t facts_decimal(Text digits);
/* One fact that is text in the file as well: neither a number, nor the network, nor the sources. */
Text answer_text(const Answer *answer, Field field);
/* NAMEPLATE_UNKNOWN and so on. */
uint32_t answer_kind(const Answer *answer);
bool answer_number(const Answer *answer, Field field, uint32_t *number);
/* Reads all facts; false without memory. To be followed by facts_free. */
bool answer_facts(const Answer *answer, Facts *facts);
void facts_free(Facts *facts);
/* The facts as bytes: what a pickle holds, and what Answers of a socket hold. NULL without memory; to be freed with
 * free. */
unsigned char *facts_pack(const Facts *facts, size_t *length);
/* Appends one fact; gives where the next one goes. The room is 5 bytes and the text. */
unsigned char *facts_put(unsigned char *end, Field field, const char *text, size_t length);
/* Whether these bytes are facts. Raises nothing. */
bool facts_check(const unsigned char *bytes, size_t length);
/* The field of this name, or FIELDS; searched from `from` on first. */
Field field_of_name(const char *name, size_t length, Field from);

/* database.c */

bool database_add_types(PyObject *module, State *state);
PyObject *database_open(PyObject *module, PyObject *arguments, PyObject *options);
PyObject *before_fork(PyObject *module, PyObject *ignored);
PyObject *after_fork(PyObject *module, PyObject *ignored);
/* The database's snapshot, or NULL and an error where it is closed. Borrowed. */
Snapshot *database_snapshot(PyObject *database);

/* bulk.c */

/* Many addresses: a tuple of objects, or packed ones. */
typedef struct {
    /* A tuple, or NULL. */
    PyObject *objects;
    /* Bytes with `count` addresses, or NULL. */
    PyObject *packed;
    Py_ssize_t count;
    /* 4 or 16 bytes in network order, or 0: 32-bit numbers of this machine. */
    int width;
} Addresses;

bool addresses_read(PyObject *object, Addresses *addresses);
void addresses_free(Addresses *addresses);
/* "raise" or "null"; -1 where it is neither, and raised. */
int errors_read(PyObject *errors);
PyObject *database_lookup_many(PyObject *self, PyObject *arguments, PyObject *options);
/* The texts of a batch of objects of a tuple, from `start` on; what is no text, or none that can be an address, has no data. Gives
 * how many are texts, or -1, and raised. */
Py_ssize_t addresses_texts(State *state, const Addresses *addresses, Py_ssize_t start, size_t count, nameplate_text_t *texts);
/* Address `index` of packed ones. */
void addresses_packed(const Addresses *addresses, Py_ssize_t index, Address *address);
/* As tuples of objects that `lookup` takes: for who sends them elsewhere. */
PyObject *addresses_tuple(PyObject *module, PyObject *object);

/* values.c */

/* One field of each answer. */
PyObject *lookup_values(Snapshot *snapshot, const Addresses *addresses, PyObject *field, bool null);

/* resp.c */

bool reader_add_type(PyObject *module, State *state);
PyObject *resp_encode(PyObject *module, PyObject *arguments);

/* arrow_in.c, arrow_out.c */

bool arrow_add_type(PyObject *module, State *state);
PyObject *database_lookup_arrow(PyObject *self, PyObject *arguments, PyObject *options);
PyObject *arrow_addresses(PyObject *module, PyObject *object);
PyObject *arrow_of_answers(PyObject *module, PyObject *arguments);

#endif
