/* lookup_arrow: a column of addresses in, a column of answers out, without Python's lock.
 *
 * Distinct answers are few, so each is taken apart once, at its first row: a table leads from its id to its slot in the
 * builder. A row is then a few numbers to be copied. */

#include "arrow.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const nameplate_snapshot_t *handle;
    const Column *column;
    Builder *builder;
    /* Null instead of an error. */
    bool null;
    /* By answer id. */
    Slot *slots;
    uint64_t answers;
    /* The first row that is no address, or -1. */
    int64_t invalid;
} Work;

typedef enum { FOUND, NULL_ROW, INVALID } Outcome;

/* What is found for the rows of one batch. */
typedef struct {
    Outcome outcomes[BATCH];
    uint32_t ids[BATCH];
    uint32_t intervals[BATCH];
} Found;

static void keep_hit(Found *found, size_t i, bool valid, const nameplate_hit_t *hit) {
    found->outcomes[i] = valid ? FOUND : INVALID;
    found->ids[i] = hit->answer;
    found->intervals[i] = hit->interval;
}

/* The texts of a batch, and which of them are there. */
static void gather(const Layout *layout, const struct ArrowArray *array, int64_t start, size_t count, nameplate_text_t *texts, bool *present) {
    bool bits = array->n_buffers > 0 && array->null_count != 0 && array->buffers[0] != NULL;
    if (layout->shape == OFFSETS_32 && layout->index == 0 && !bits) {
        /* The most frequent layout by far. */
        const int32_t *offsets = (const int32_t *)array->buffers[1] + array->offset + start;
        const char *data = array->buffers[2];
        for (size_t i = 0; i < count; i++) {
            texts[i] = (nameplate_text_t){data + offsets[i], (size_t)(offsets[i + 1] - offsets[i])};
        }
        memset(present, 1, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        texts[i] = (nameplate_text_t){NULL, 0};
        present[i] = column_element(layout, array, start + (int64_t)i, &texts[i].data, &texts[i].length);
    }
}

static bool find_texts(const Work *work, const struct ArrowArray *array, int64_t start, size_t count, Found *found) {
    nameplate_text_t texts[BATCH];
    nameplate_hit_t hits[BATCH];
    bool present[BATCH], valid[BATCH];
    gather(&work->column->layout, array, start, count, texts, present);
    if (!builder_wants_network(work->builder)) {
        if (!address_ids(work->handle, texts, count, found->ids, valid)) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            found->outcomes[i] = !present[i] ? NULL_ROW : valid[i] ? FOUND : INVALID;
        }
        return true;
    }
    if (nameplate_lookup_batch(work->handle, texts, count, hits) != NAMEPLATE_OK) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        keep_hit(found, i, hits[i].kind != NAMEPLATE_INVALID, &hits[i]);
        if (!present[i]) {
            found->outcomes[i] = NULL_ROW;
        }
    }
    return true;
}

/* Packed addresses, where the network is wanted too, or lengths may vary. */
static void find_packed(const Work *work, const struct ArrowArray *array, int64_t start, size_t count, Found *found) {
    for (size_t i = 0; i < count; i++) {
        const char *bytes;
        size_t length;
        nameplate_hit_t hit = {.answer = 0};
        Address address;
        if (!column_element(&work->column->layout, array, start + (int64_t)i, &bytes, &length)) {
            found->outcomes[i] = NULL_ROW;
            continue;
        }
        bool read;
        if (work->column->layout.shape == NUMBERS) {
            address.form = V4;
            memcpy(&address.v4, bytes, 4);
            read = true;
        } else {
            read = address_of_bytes(bytes, length, &address) == 1;
        }
        keep_hit(found, i, read && address_lookup(work->handle, &address, &hit), &hit);
    }
}

/* Packed addresses of one width, of which the ids are enough: several times as fast. */
static bool find_ids(const Work *work, const struct ArrowArray *array, int64_t start, size_t count, Found *found) {
    const Layout *layout = &work->column->layout;
    uint32_t v4[BATCH];
    unsigned char v6[BATCH * 16];
    bool six = layout->shape == FIXED && layout->width == 16;
    for (size_t i = 0; i < count; i++) {
        const char *bytes;
        size_t length;
        Address address = {.form = V4, .v4 = 0};
        found->outcomes[i] = column_element(layout, array, start + (int64_t)i, &bytes, &length) ? FOUND : NULL_ROW;
        if (six) {
            memset(v6 + 16 * i, 0, 16);
        }
        if (found->outcomes[i] == FOUND) {
            if (six) {
                memcpy(v6 + 16 * i, bytes, 16);
            } else if (layout->shape == NUMBERS) {
                memcpy(&address.v4, bytes, 4);
            } else {
                address_of_bytes(bytes, 4, &address);
            }
        }
        v4[i] = address.v4;
    }
    uint32_t status = six ? nameplate_lookup_batch_v6(work->handle, v6, count, found->ids)
                          : nameplate_lookup_batch_v4(work->handle, v4, count, found->ids);
    return status == NAMEPLATE_OK;
}

static Slot slot_of_id(Work *work, uint32_t id) {
    Slot slot = work->slots[id];
    if (slot == NO_SLOT) {
        Facts facts;
        if (facts_of_id(work->handle, id, &facts)) {
            slot = builder_slot(work->builder, &facts);
        }
        facts_free(&facts);
        work->slots[id] = slot;
    }
    return slot;
}

/* Takes the names that a batch's ids are the first to want; the library waits for the memory of many at a time. */
static bool take_names(Work *work, const Found *found, size_t count) {
    uint32_t wanted[BATCH];
    nameplate_text_t names[BATCH];
    size_t wanted_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (found->outcomes[i] == FOUND && work->slots[found->ids[i]] == NO_SLOT) {
            wanted[wanted_count++] = found->ids[i];
        }
    }
    if (nameplate_names(work->handle, wanted, wanted_count, names) != NAMEPLATE_OK) {
        return false;
    }
    for (size_t i = 0; i < wanted_count; i++) {
        Slot *slot = &work->slots[wanted[i]];
        if (*slot == NO_SLOT && (*slot = builder_slot_of_name(work->builder, (Text){names[i].data, names[i].length})) == NO_SLOT) {
            return false;
        }
    }
    return true;
}

/* Writes the rows of a batch from `row` on, of which all that are found have slots; false without memory. */
static bool write_rows(Work *work, int64_t row, const Found *found, size_t count, bool network) {
    Slot slots[BATCH];
    for (size_t i = 0; i < count; i++) {
        slots[i] = found->outcomes[i] == FOUND ? work->slots[found->ids[i]] : NO_SLOT;
    }
    builder_rows(work->builder, row, slots, count);
    for (size_t i = 0; network && i < count; i++) {
        char texts[2][ADDRESS_ROOM];
        Text first = {NULL, 0}, last = {NULL, 0};
        nameplate_range_t range;
        if (slots[i] != NO_SLOT && nameplate_network(work->handle, found->intervals[i], &range) == NAMEPLATE_OK) {
            first = (Text){texts[0], address_write(range.family, range.first, texts[0])};
            last = (Text){texts[1], address_write(range.family, range.last, texts[1])};
        }
        if (!builder_network(work->builder, row + (int64_t)i, &first, &last)) {
            return false;
        }
    }
    return true;
}

/* Sees that the answers of a batch have slots; false without memory. */
static bool take_answers(Work *work, const Found *found, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (found->outcomes[i] == FOUND && slot_of_id(work, found->ids[i]) == NO_SLOT) {
            return false;
        }
    }
    return true;
}

/* Looks up all rows; false without memory. */
static bool look_up(Work *work) {
    const Layout *layout = &work->column->layout;
    bool network = builder_wants_network(work->builder), names = builder_wants_name_alone(work->builder);
    bool even = layout->index == 0 && (layout->shape == FIXED || layout->shape == NUMBERS);
    int64_t row = 0;
    Found found;
    for (size_t piece = 0; piece < work->column->count; piece++) {
        const struct ArrowArray *array = &work->column->arrays[piece];
        for (int64_t start = 0; start < array->length; start += BATCH) {
            size_t count = array->length - start < BATCH ? (size_t)(array->length - start) : BATCH;
            bool done = true;
            if (layout->text) {
                done = find_texts(work, array, start, count, &found);
            } else if (even && !network) {
                done = find_ids(work, array, start, count, &found);
            } else {
                find_packed(work, array, start, count, &found);
            }
            for (size_t i = 0; done && i < count; i++) {
                if (found.outcomes[i] == INVALID && !work->null) {
                    work->invalid = row + (int64_t)i;
                    return true;
                }
                done = found.outcomes[i] != FOUND || found.ids[i] < work->answers;
            }
            done = done && (names ? take_names(work, &found, count) : take_answers(work, &found, count)) &&
                   write_rows(work, row, &found, count, network);
            row += (int64_t)count;
            if (!done) {
                return false;
            }
        }
    }
    return true;
}

static PyObject *look_up_column(Snapshot *snapshot, const Column *column, PyObject *fields, bool null) {
    nameplate_metadata_t numbers = {.size = sizeof numbers};
    uint32_t status = nameplate_metadata(snapshot->handle, &numbers);
    if (status != NAMEPLATE_OK) {
        return raise_status(snapshot->state, status, NULL);
    }
    Work work = {snapshot->handle, column, builder_new(fields, column->length, numbers.answers), null, NULL, numbers.answers, -1};
    if (work.builder == NULL) {
        return NULL;
    }
    work.slots = malloc((size_t)(numbers.answers + 1) * sizeof *work.slots);
    bool done = work.slots != NULL;
    if (done) {
        memset(work.slots, 0xff, (size_t)(numbers.answers + 1) * sizeof *work.slots);
        Py_BEGIN_ALLOW_THREADS
        done = look_up(&work);
        Py_END_ALLOW_THREADS
    }
    free(work.slots);
    if (done && work.invalid < 0) {
        return builder_finish(snapshot->state, work.builder);
    }
    builder_free(work.builder);
    return done ? raise_address((Py_ssize_t)work.invalid) : PyErr_NoMemory();
}

PyObject *database_lookup_arrow(PyObject *self, PyObject *arguments, PyObject *options) {
    static char *names[] = {"column", "fields", "errors", NULL};
    PyObject *object, *fields = Py_None, *errors = NULL, *result = NULL;
    Column column;
    if (!PyArg_ParseTupleAndKeywords(arguments, options, "O|$OO:lookup_arrow", names, &object, &fields, &errors)) {
        return NULL;
    }
    int null = errors_read(errors);
    if (null < 0 || database_snapshot(self) == NULL || !column_take(object, &column)) {
        return NULL;
    }
    /* Exporting ran others' code, which may have closed or reloaded the database. */
    Snapshot *snapshot = database_snapshot(self);
    if (snapshot != NULL) {
        Py_INCREF(snapshot);
        result = look_up_column(snapshot, &column, fields, null != 0);
        Py_DECREF(snapshot);
    }
    column_free(&column);
    return result;
}

/* arrow_of_answers(answers, fields): a list of Answers and Nones as a column. */
PyObject *arrow_of_answers(PyObject *module, PyObject *arguments) {
    State *state = PyModule_GetState(module);
    PyObject *list, *fields;
    if (!PyArg_ParseTuple(arguments, "O!O:arrow_of_answers", &PyList_Type, &list, &fields)) {
        return NULL;
    }
    int64_t rows = (int64_t)PyList_Size(list);
    Builder *builder = builder_new(fields, rows, (uint64_t)rows);
    if (builder == NULL) {
        return NULL;
    }
    bool done = true;
    for (int64_t row = 0; done && row < rows; row++) {
        PyObject *object = PyList_GetItem(list, (Py_ssize_t)row);
        if (object == NULL || (object != Py_None && Py_TYPE(object) != state->answer)) {
            builder_free(builder);
            return raise_error(state, "protocol", "the daemon gave something else than an answer: ask again");
        }
        Facts facts = {.sources = NULL};
        Slot slot = NO_SLOT;
        if (object != Py_None) {
            done = answer_facts((Answer *)object, &facts) && (slot = builder_slot(builder, &facts)) != NO_SLOT;
        }
        if (done) {
            builder_rows(builder, row, &slot, 1);
            done = !builder_wants_network(builder) ||
                   builder_network(builder, row, &facts.texts[NETWORK_FIRST], &facts.texts[NETWORK_LAST]);
        }
        facts_free(&facts);
    }
    if (!done) {
        builder_free(builder);
        return PyErr_NoMemory();
    }
    return builder_finish(state, builder);
}
