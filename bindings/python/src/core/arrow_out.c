/* Columns of answers, as an Arrow struct array:
 *
 *     struct<status, company: struct<id, name, ...>, operator: struct<asn: uint32, ...>, network: struct<first, last>,
 *            confidence: uint8, sources: list<...>, block>
 *
 * Texts that many rows share are dictionaries (int32 indices, each text once), so that a row costs a number for
 * each field. The ends of networks are large strings. What is not known is null.
 *
 * What was built is a Block, which whoever got a part of it through the C interface holds by a count. */

#include "arrow.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* An array of the tree: exported as an ArrowSchema and an ArrowArray. */
typedef struct Node {
    const char *name, *format;
    bool nullable;
    int64_t length, nulls;
    int buffers_count, children_count;
    const void *buffers[3];
    struct Node *children, *dictionary;
} Node;

typedef struct {
    atomic_size_t holders;
    Builder *builder;
    Node root;
    /* What else is to be freed. */
    void **owned;
    uint32_t owned_count, owned_room;
} Block;

static void block_let_go(Block *block) {
    if (atomic_fetch_sub(&block->holders, 1) == 1) {
        for (uint32_t i = 0; i < block->owned_count; i++) {
            free(block->owned[i]);
        }
        free(block->owned);
        builder_free(block->builder);
        free(block);
    }
}

/* Zeroed memory that goes with the block. */
static void *own(Block *block, int64_t count, size_t size) {
    if (!grow((void **)&block->owned, sizeof *block->owned, block->owned_count, &block->owned_room)) {
        return NULL;
    }
    void *memory = calloc((size_t)count + 8, size);
    if (memory != NULL) {
        block->owned[block->owned_count++] = memory;
    }
    return memory;
}

/* Gives a node the bits of the rows whose mask has one of `bits`. */
static bool add_validity(Block *block, Node *node, uint32_t bits) {
    const uint32_t *masks = block->builder->masks;
    int64_t rows = block->builder->rows, valid = 0;
    uint8_t *bytes = own(block, (rows + 7) / 8, 1);
    if (bytes == NULL) {
        return false;
    }
    int64_t row = 0;
    for (; row + 8 <= rows; row += 8) {
        unsigned byte = 0;
        for (int i = 0; i < 8; i++) {
            byte |= (unsigned)((masks[row + i] & bits) != 0) << i;
        }
        bytes[row / 8] = (uint8_t)byte;
        valid += __builtin_popcount(byte);
    }
    for (; row < rows; row++) {
        bool is = (masks[row] & bits) != 0;
        bytes[row / 8] |= (uint8_t)(is << (row & 7));
        valid += is;
    }
    node->length = rows;
    node->nulls = rows - valid;
    node->buffers[0] = node->nulls == 0 ? NULL : bytes;
    node->nullable = true;
    return true;
}

static bool add_dictionary(Block *block, Node *node, Texts *texts) {
    static const int32_t no_offsets[1] = {0};
    Node *dictionary = own(block, 1, sizeof *dictionary);
    if (dictionary == NULL) {
        return false;
    }
    *dictionary = (Node){
        .name = "",
        .format = "u",
        .length = texts->count,
        .buffers_count = 3,
        .buffers = {NULL, texts->count == 0 ? no_offsets : texts->offsets, texts->data == NULL ? "" : texts->data},
    };
    node->format = "i";
    node->dictionary = dictionary;
    return true;
}

/* The rows' lists of sources, of their bits. */
static bool add_sources(Block *block, Node *node, const uint32_t *values, Texts *texts) {
    int64_t rows = block->builder->rows, count = 0;
    for (int64_t row = 0; row < rows; row++) {
        count += __builtin_popcount(values[row]);
    }
    int64_t *offsets = own(block, rows + 1, sizeof *offsets);
    int32_t *indices = own(block, count, sizeof *indices);
    Node *item = own(block, 1, sizeof *item);
    if (offsets == NULL || indices == NULL || item == NULL) {
        return false;
    }
    int64_t at = 0;
    for (int64_t row = 0; row < rows; row++) {
        for (uint32_t bits = values[row]; bits != 0; bits &= bits - 1) {
            indices[at++] = __builtin_ctz(bits);
        }
        offsets[row + 1] = at;
    }
    *item = (Node){.name = "item", .length = count, .buffers_count = 2, .buffers = {NULL, indices}};
    node->format = "+L";
    node->buffers[1] = offsets;
    node->children = item;
    node->children_count = 1;
    return add_dictionary(block, item, texts);
}

/* A column that is copied with its row. */
static bool add_column(Block *block, Node *node, int column) {
    Builder *builder = block->builder;
    int field = builder->fields[column];
    node->buffers_count = 2;
    node->buffers[1] = builder->values[column];
    if (!add_validity(block, node, 1u << field)) {
        return false;
    }
    if (field == OPERATOR_ASN) {
        node->format = "I";
    } else if (field == CONFIDENCE) {
        uint8_t *bytes = own(block, builder->rows, 1);
        if (bytes == NULL) {
            return false;
        }
        for (int64_t row = 0; row < builder->rows; row++) {
            bytes[row] = (uint8_t)builder->values[column][row];
        }
        node->format = "C";
        node->buffers[1] = bytes;
    } else if (field == SOURCES) {
        return add_sources(block, node, builder->values[column], &builder->texts[column]);
    } else {
        return add_dictionary(block, node, &builder->texts[column]);
    }
    return true;
}

static bool add_end_of_network(Block *block, Node *node, int end) {
    Strings *strings = &block->builder->network[end];
    node->format = "U";
    node->buffers_count = 3;
    node->buffers[1] = strings->offsets;
    node->buffers[2] = strings->data == NULL ? "" : strings->data;
    return add_validity(block, node, HAS_NETWORK);
}

static bool add_field(Block *block, Node *node, int field) {
    const char *dot = strchr(column_name(field), '.');
    node->name = dot == NULL ? column_name(field) : dot + 1;
    if (field == NETWORK_FIRST || field == NETWORK_LAST) {
        return add_end_of_network(block, node, field - NETWORK_FIRST);
    }
    for (int column = 0; column < block->builder->columns; column++) {
        if (block->builder->fields[column] == field) {
            return add_column(block, node, column);
        }
    }
    return false;
}

/* Adds the fields from `from` to `to` that are wanted, as children of `into`, or of a struct of this name. */
static bool add_fields(Block *block, Node *into, const char *name, int from, int to, uint32_t present) {
    Node *parent = into;
    bool any = false;
    for (int field = from; field <= to; field++) {
        any = any || (block->builder->wanted >> field & 1) != 0;
    }
    if (any && name != NULL) {
        parent = &into->children[into->children_count++];
        *parent = (Node){.name = name, .format = "+s", .buffers_count = 1, .children = own(block, to - from + 1, sizeof(Node))};
        if (parent->children == NULL || !add_validity(block, parent, present)) {
            return false;
        }
    }
    for (int field = from; field <= to; field++) {
        if ((block->builder->wanted >> field & 1) != 0 && !add_field(block, &parent->children[parent->children_count++], field)) {
            return false;
        }
    }
    return true;
}

static bool block_build(Block *block) {
    Node *root = &block->root;
    *root = (Node){.name = "", .format = "+s", .buffers_count = 1, .children = own(block, COLUMNS, sizeof(Node))};
    return root->children != NULL && add_validity(block, root, 1u << STATUS) && add_fields(block, root, NULL, STATUS, STATUS, 0) &&
           add_fields(block, root, NULL, NAME, NAME, 0) &&
           add_fields(block, root, "company", COMPANY_ID, COMPANY_REGISTER_ID, HAS_COMPANY) &&
           add_fields(block, root, "operator", OPERATOR_ASN, OPERATOR_KIND, HAS_OPERATOR) &&
           add_fields(block, root, "network", NETWORK_FIRST, NETWORK_LAST, HAS_NETWORK) &&
           add_fields(block, root, NULL, CONFIDENCE, BLOCK, 0);
}

/* Export: names and formats are constants, so a schema holds nothing of the block. */

static void release_schema(struct ArrowSchema *schema) {
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i]->release != NULL) {
            schema->children[i]->release(schema->children[i]);
        }
        free(schema->children[i]);
    }
    free(schema->children);
    if (schema->dictionary != NULL) {
        if (schema->dictionary->release != NULL) {
            schema->dictionary->release(schema->dictionary);
        }
        free(schema->dictionary);
    }
    schema->release = NULL;
}

static bool export_schema(const Node *node, struct ArrowSchema *out) {
    *out = (struct ArrowSchema){.format = node->format, .name = node->name, .flags = node->nullable ? ARROW_FLAG_NULLABLE : 0,
                                .release = release_schema};
    bool done = true;
    if (node->children_count > 0) {
        out->children = calloc((size_t)node->children_count, sizeof *out->children);
        done = out->children != NULL;
        for (int i = 0; done && i < node->children_count; i++) {
            out->children[i] = malloc(sizeof **out->children);
            done = out->children[i] != NULL;
            if (done) {
                out->n_children++;
                done = export_schema(&node->children[i], out->children[i]);
            }
        }
    }
    if (done && node->dictionary != NULL) {
        out->dictionary = malloc(sizeof *out->dictionary);
        done = out->dictionary != NULL && export_schema(node->dictionary, out->dictionary);
    }
    if (!done && out->release != NULL) {
        out->release(out);
    }
    return done;
}

static void release_array(struct ArrowArray *array) {
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i]->release != NULL) {
            array->children[i]->release(array->children[i]);
        }
        free(array->children[i]);
    }
    free(array->children);
    if (array->dictionary != NULL) {
        if (array->dictionary->release != NULL) {
            array->dictionary->release(array->dictionary);
        }
        free(array->dictionary);
    }
    free(array->buffers);
    block_let_go(array->private_data);
    array->release = NULL;
}

static bool export_array(Block *block, const Node *node, struct ArrowArray *out) {
    atomic_fetch_add(&block->holders, 1);
    *out = (struct ArrowArray){.length = node->length, .null_count = node->nulls, .n_buffers = node->buffers_count,
                               .release = release_array, .private_data = block};
    out->buffers = malloc(sizeof node->buffers);
    bool done = out->buffers != NULL;
    if (done) {
        memcpy(out->buffers, node->buffers, sizeof node->buffers);
    }
    if (done && node->children_count > 0) {
        out->children = calloc((size_t)node->children_count, sizeof *out->children);
        done = out->children != NULL;
        for (int i = 0; done && i < node->children_count; i++) {
            out->children[i] = malloc(sizeof **out->children);
            done = out->children[i] != NULL;
            if (done) {
                out->n_children++;
                done = export_array(block, &node->children[i], out->children[i]);
            }
        }
    }
    if (done && node->dictionary != NULL) {
        out->dictionary = malloc(sizeof *out->dictionary);
        done = out->dictionary != NULL && export_array(block, node->dictionary, out->dictionary);
    }
    if (!done && out->release != NULL) {
        out->release(out);
    }
    return done;
}

static void free_schema_capsule(PyObject *capsule) {
    struct ArrowSchema *schema = PyCapsule_GetPointer(capsule, "arrow_schema");
    if (schema->release != NULL) {
        schema->release(schema);
    }
    free(schema);
}

static void free_array_capsule(PyObject *capsule) {
    struct ArrowArray *array = PyCapsule_GetPointer(capsule, "arrow_array");
    if (array->release != NULL) {
        array->release(array);
    }
    free(array);
}

/* The stream: one array. */

typedef struct {
    Block *block;
    bool given;
} Source;

static int stream_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    return export_schema(&((Source *)stream->private_data)->block->root, out) ? 0 : 12;
}

static int stream_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    Source *source = stream->private_data;
    if (source->given) {
        out->release = NULL;
        return 0;
    }
    source->given = true;
    return export_array(source->block, &source->block->root, out) ? 0 : 12;
}

/* 12 is ENOMEM, the only error there is. */
static const char *stream_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return "out of memory";
}

static void release_stream(struct ArrowArrayStream *stream) {
    Source *source = stream->private_data;
    block_let_go(source->block);
    free(source);
    stream->release = NULL;
}

static void free_stream_capsule(PyObject *capsule) {
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (stream->release != NULL) {
        stream->release(stream);
    }
    free(stream);
}

/* The object. */

typedef struct {
    PyObject_HEAD
    Block *block;
} ArrowAnswers;

PyObject *builder_finish(State *state, Builder *builder) {
    Block *block = calloc(1, sizeof *block);
    if (block == NULL) {
        builder_free(builder);
        return PyErr_NoMemory();
    }
    block->builder = builder;
    atomic_init(&block->holders, 1);
    ArrowAnswers *answers = block_build(block) ? PyObject_New(ArrowAnswers, state->arrow) : NULL;
    if (answers == NULL) {
        block_let_go(block);
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    answers->block = block;
    return (PyObject *)answers;
}

/* The one optional argument of the export methods, the schema that is asked for, may be passed over. */
static bool requested_schema(PyObject *arguments, PyObject *options) {
    static char *names[] = {"requested_schema", NULL};
    PyObject *ignored;
    return PyArg_ParseTupleAndKeywords(arguments, options, "|O", names, &ignored) != 0;
}

static PyObject *schema_capsule(Block *block) {
    struct ArrowSchema *schema = malloc(sizeof *schema);
    if (schema == NULL || !export_schema(&block->root, schema)) {
        free(schema);
        return PyErr_NoMemory();
    }
    PyObject *capsule = PyCapsule_New(schema, "arrow_schema", free_schema_capsule);
    if (capsule == NULL) {
        schema->release(schema);
        free(schema);
    }
    return capsule;
}

static PyObject *arrow_schema(PyObject *self, PyObject *unused) {
    (void)unused;
    return schema_capsule(((ArrowAnswers *)self)->block);
}

static PyObject *arrow_array(PyObject *self, PyObject *arguments, PyObject *options) {
    Block *block = ((ArrowAnswers *)self)->block;
    if (!requested_schema(arguments, options)) {
        return NULL;
    }
    PyObject *schema = schema_capsule(block), *pair = NULL;
    struct ArrowArray *array = schema == NULL ? NULL : malloc(sizeof *array);
    if (array == NULL || !export_array(block, &block->root, array)) {
        free(array);
        Py_XDECREF(schema);
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    PyObject *capsule = PyCapsule_New(array, "arrow_array", free_array_capsule);
    if (capsule == NULL) {
        array->release(array);
        free(array);
    } else {
        pair = PyTuple_Pack(2, schema, capsule);
        Py_DECREF(capsule);
    }
    Py_DECREF(schema);
    return pair;
}

static PyObject *arrow_stream(PyObject *self, PyObject *arguments, PyObject *options) {
    Block *block = ((ArrowAnswers *)self)->block;
    if (!requested_schema(arguments, options)) {
        return NULL;
    }
    struct ArrowArrayStream *stream = malloc(sizeof *stream);
    Source *source = malloc(sizeof *source);
    if (stream == NULL || source == NULL) {
        free(stream);
        free(source);
        return PyErr_NoMemory();
    }
    atomic_fetch_add(&block->holders, 1);
    *source = (Source){block, false};
    *stream = (struct ArrowArrayStream){stream_schema, stream_next, stream_error, release_stream, source};
    PyObject *capsule = PyCapsule_New(stream, "arrow_array_stream", free_stream_capsule);
    if (capsule == NULL) {
        stream->release(stream);
        free(stream);
    }
    return capsule;
}

static Py_ssize_t arrow_length(PyObject *self) {
    return (Py_ssize_t)((ArrowAnswers *)self)->block->builder->rows;
}

static PyObject *arrow_repr(PyObject *self) {
    return PyUnicode_FromFormat("<nameplate.ArrowAnswers, %zd rows>", arrow_length(self));
}

static void arrow_free(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    block_let_go(((ArrowAnswers *)self)->block);
    PyObject_Free(self);
    Py_DECREF(type);
}

#define KEYWORDS(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef arrow_methods[] = {
    {"__arrow_c_schema__", arrow_schema, METH_NOARGS, NULL},
    {"__arrow_c_array__", KEYWORDS(arrow_array), METH_VARARGS | METH_KEYWORDS, NULL},
    {"__arrow_c_stream__", KEYWORDS(arrow_stream), METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot arrow_slots[] = {
    {Py_tp_doc, "A column of answers, a struct array, for whatever takes Arrow: pyarrow.array(it), polars.Series(it)."},
    {Py_tp_dealloc, arrow_free},
    {Py_tp_repr, arrow_repr},
    {Py_sq_length, arrow_length},
    {Py_tp_methods, arrow_methods},
    {0, NULL},
};

static PyType_Spec arrow_spec = {"nameplate.ArrowAnswers", sizeof(ArrowAnswers), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE, arrow_slots};

bool arrow_add_type(PyObject *module, State *state) {
    state->arrow = (PyTypeObject *)PyType_FromModuleAndSpec(module, &arrow_spec, NULL);
    return state->arrow != NULL && PyModule_AddType(module, state->arrow) == 0;
}
