/* lookup_many of one field alone: a list of names, say, without an Answer for each address.
 *
 * Addresses become answer ids in batches, several times as fast as hits, and of each id the value is made once: addresses
 * with the same answer share it. */

#include "core.h"

#include <stdlib.h>
#include <string.h>

/* Beside the fields, the name in one: the company's, the operator's or the block's. */
enum { NAME = FIELDS, NO_FIELD };

static int read_field(PyObject *object) {
    Py_ssize_t length = 0;
    const char *name = PyUnicode_Check(object) ? PyUnicode_AsUTF8AndSize(object, &length) : NULL;
    int field = NO_FIELD;
    if (name != NULL) {
        Field found = field_of_name(name, (size_t)length, STATUS);
        field = found != FIELDS ? (int)found : strcmp(name, "name") == 0 ? NAME : NO_FIELD;
    }
    if (field == NO_FIELD || field == NETWORK_FIRST || field == NETWORK_LAST || field == SOURCES) {
        PyErr_Clear();
        PyErr_SetString(PyExc_ValueError, "field is one name as in as_dict(), as 'status', 'company.name' or 'operator.asn', or 'name' for "
                                          "whichever name there is; networks and sources are had without it");
        return NO_FIELD;
    }
    return field;
}

static PyObject *value_of_id(const nameplate_snapshot_t *snapshot, uint32_t id, int field) {
    Facts facts;
    PyObject *value = NULL;
    if (!facts_of_id(snapshot, id, &facts)) {
        PyErr_NoMemory();
    } else if (facts.texts[field].text == NULL) {
        value = Py_NewRef(Py_None);
    } else if (field == OPERATOR_ASN || field == CONFIDENCE) {
        value = PyLong_FromUnsignedLong(facts_decimal(facts.texts[field]));
    } else {
        value = PyUnicode_FromStringAndSize(facts.texts[field].text, (Py_ssize_t)facts.texts[field].length);
    }
    facts_free(&facts);
    return value;
}

/* Makes the names that a batch's ids are the first to want; the library waits for the memory of many at a time. */
static bool make_names(const nameplate_snapshot_t *snapshot, const uint32_t *ids, size_t count, PyObject **values) {
    uint32_t wanted[BATCH];
    nameplate_text_t names[BATCH];
    size_t wanted_count = 0;
    for (size_t i = 0; i < count; i++) {
        wanted[wanted_count] = ids[i];
        wanted_count += values[ids[i]] == NULL;
    }
    if (nameplate_names(snapshot, wanted, wanted_count, names) != NAMEPLATE_OK) {
        PyErr_NoMemory();
        return false;
    }
    for (size_t i = 0; i < wanted_count; i++) {
        PyObject **value = &values[wanted[i]];
        if (*value != NULL) {
            continue;
        }
        *value = names[i].data == NULL ? Py_NewRef(Py_None) : PyUnicode_FromStringAndSize(names[i].data, (Py_ssize_t)names[i].length);
        if (*value == NULL) {
            return false;
        }
    }
    return true;
}

/* The ids of one batch. False: raised. */
static bool find_ids(Snapshot *snapshot, const Addresses *addresses, Py_ssize_t start, size_t count, uint32_t *ids, bool *valid) {
    const nameplate_snapshot_t *handle = snapshot->handle;
    nameplate_text_t texts[BATCH];
    uint32_t numbers[BATCH];
    nameplate_hit_t hit;
    Address address;
    bool done;
    if (addresses->packed != NULL) {
        const char *bytes = PyBytes_AsString(addresses->packed);
        memset(valid, 1, count);
        Py_BEGIN_ALLOW_THREADS
        if (addresses->width == 16) {
            done = nameplate_lookup_batch_v6(handle, (const uint8_t *)bytes + 16 * start, count, ids) == NAMEPLATE_OK;
        } else {
            for (size_t i = 0; i < count; i++) {
                addresses_packed(addresses, start + (Py_ssize_t)i, &address);
                numbers[i] = address.v4;
            }
            done = nameplate_lookup_batch_v4(handle, numbers, count, ids) == NAMEPLATE_OK;
        }
        Py_END_ALLOW_THREADS
    } else {
        Py_ssize_t texts_count = addresses_texts(snapshot->state, addresses, start, count, texts);
        if (texts_count < 0) {
            return false;
        }
        Py_BEGIN_ALLOW_THREADS
        done = address_ids(handle, texts, count, ids, valid);
        Py_END_ALLOW_THREADS
        for (size_t i = 0; (size_t)texts_count < count && i < count; i++) {
            PyObject *object = PyTuple_GetItem(addresses->objects, start + (Py_ssize_t)i);
            if (PyUnicode_Check(object)) {
                continue;
            }
            int read = address_read(snapshot->state, object, &address);
            if (read < 0) {
                return false;
            }
            valid[i] = read > 0 && address_lookup(handle, &address, &hit);
            ids[i] = valid[i] ? hit.answer : 0;
        }
    }
    if (!done) {
        raise_status(snapshot->state, NAMEPLATE_ERROR_PANIC, NULL);
    }
    return done;
}

/* The values of few addresses, of which hardly two have the same answer: each is made by itself. */
static bool fill_few(Snapshot *snapshot, const Addresses *addresses, int field, bool null, PyObject *list) {
    uint32_t ids[BATCH];
    bool valid[BATCH];
    nameplate_text_t names[BATCH];
    for (Py_ssize_t start = 0; start < addresses->count; start += BATCH) {
        size_t count = addresses->count - start < BATCH ? (size_t)(addresses->count - start) : BATCH;
        if (!find_ids(snapshot, addresses, start, count, ids, valid)) {
            return false;
        }
        if (field == NAME && nameplate_names(snapshot->handle, ids, count, names) != NAMEPLATE_OK) {
            raise_status(snapshot->state, NAMEPLATE_ERROR_PANIC, NULL);
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            PyObject *value;
            if (!valid[i] || (field == NAME && names[i].data == NULL)) {
                value = valid[i] || null ? Py_NewRef(Py_None) : raise_address(start + (Py_ssize_t)i);
            } else if (field == NAME) {
                value = PyUnicode_FromStringAndSize(names[i].data, (Py_ssize_t)names[i].length);
            } else {
                value = value_of_id(snapshot->handle, ids[i], field);
            }
            if (value == NULL) {
                return false;
            }
            PyList_SetItem(list, start + (Py_ssize_t)i, value);
        }
    }
    return true;
}

static bool fill(Snapshot *snapshot, const Addresses *addresses, int field, bool null, PyObject **values, uint64_t answers, PyObject *list) {
    uint32_t ids[BATCH];
    bool valid[BATCH];
    for (Py_ssize_t start = 0; start < addresses->count; start += BATCH) {
        size_t count = addresses->count - start < BATCH ? (size_t)(addresses->count - start) : BATCH;
        if (!find_ids(snapshot, addresses, start, count, ids, valid)) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            /* What is no address has any id, and no file gives one that it has not. */
            ids[i] = valid[i] && ids[i] < answers ? ids[i] : 0;
        }
        if (field == NAME && !make_names(snapshot->handle, ids, count, values)) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            PyObject *value;
            if (!valid[i]) {
                if (!null) {
                    raise_address(start + (Py_ssize_t)i);
                    return false;
                }
                value = Py_None;
            } else {
                PyObject **made = &values[ids[i]];
                if (*made == NULL && (*made = value_of_id(snapshot->handle, ids[i], field)) == NULL) {
                    return false;
                }
                value = *made;
            }
            PyList_SetItem(list, start + (Py_ssize_t)i, Py_NewRef(value));
        }
    }
    return true;
}

PyObject *lookup_values(Snapshot *snapshot, const Addresses *addresses, PyObject *object, bool null) {
    nameplate_metadata_t numbers = {.size = sizeof numbers};
    int field = read_field(object);
    if (field == NO_FIELD) {
        return NULL;
    }
    uint32_t status = nameplate_metadata(snapshot->handle, &numbers);
    if (status != NAMEPLATE_OK) {
        return raise_status(snapshot->state, status, NULL);
    }
    if ((uint64_t)addresses->count < numbers.answers / 4) {
        PyObject *few = PyList_New(addresses->count);
        if (few != NULL && !fill_few(snapshot, addresses, field, null, few)) {
            Py_CLEAR(few);
        }
        return few;
    }
    PyObject **values = calloc((size_t)numbers.answers + 1, sizeof *values);
    if (values == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *list = PyList_New(addresses->count);
    if (list != NULL && !fill(snapshot, addresses, field, null, values, numbers.answers, list)) {
        Py_CLEAR(list);
    }
    for (uint64_t id = 0; id <= numbers.answers; id++) {
        Py_XDECREF(values[id]);
    }
    free(values);
    return list;
}
