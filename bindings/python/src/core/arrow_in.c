/* Columns of addresses that come through the Arrow PyCapsule interface: text in three layouts, packed bytes of fixed or varying
 * length, uint32, and dictionaries of them. */

#include "arrow.h"

#include <stdlib.h>
#include <string.h>

/* The layout by the schema's format, without a dictionary's. */
static bool layout_of_format(const char *format, Layout *layout) {
    static const struct {
        const char *format;
        Shape shape;
        bool text;
    } formats[] = {
        {"n", NULLS, true},       {"u", OFFSETS_32, true},  {"U", OFFSETS_64, true},  {"vu", VIEWS, true},
        {"z", OFFSETS_32, false}, {"Z", OFFSETS_64, false}, {"vz", VIEWS, false},     {"I", NUMBERS, false},
        {"w:4", FIXED, false},    {"w:16", FIXED, false},
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(format, formats[i].format) == 0) {
            *layout = (Layout){formats[i].shape, formats[i].text, 0, 0};
            layout->width = layout->shape == FIXED ? atoi(format + 2) : 0;
            return true;
        }
    }
    return false;
}

static bool layout_of_schema(const struct ArrowSchema *schema, Layout *layout) {
    const char *format = schema->format;
    bool known;
    if (schema->dictionary != NULL) {
        known = strlen(format) == 1 && strchr("cCsSiIlL", *format) != NULL && schema->dictionary->dictionary == NULL &&
                layout_of_format(schema->dictionary->format, layout);
        layout->index = *format;
    } else {
        known = layout_of_format(format, layout);
    }
    if (!known) {
        PyErr_SetString(PyExc_TypeError, "a column of addresses is of strings, of binary with 4 or 16 bytes, or of uint32 for IPv4: select "
                                         "one such column, or cast it");
    }
    return known;
}

static bool is_valid(const struct ArrowArray *array, int64_t row) {
    const uint8_t *bits = array->n_buffers > 0 && array->null_count != 0 ? array->buffers[0] : NULL;
    return bits == NULL || (bits[row >> 3] >> (row & 7) & 1) != 0;
}

static int64_t index_at(char format, const void *buffer, int64_t row) {
    switch (format) {
    case 'c':
        return ((const int8_t *)buffer)[row];
    case 'C':
        return ((const uint8_t *)buffer)[row];
    case 's':
        return ((const int16_t *)buffer)[row];
    case 'S':
        return ((const uint16_t *)buffer)[row];
    case 'i':
        return ((const int32_t *)buffer)[row];
    case 'I':
        return ((const uint32_t *)buffer)[row];
    default:
        return ((const int64_t *)buffer)[row];
    }
}

/* A string view: 4 bytes of length, then up to 12 bytes of text, or 4 bytes of it, a buffer's number and a place in it. */
static void view_at(const struct ArrowArray *array, int64_t row, const char **bytes, size_t *length) {
    const char *view = (const char *)array->buffers[1] + 16 * row;
    int32_t size, buffer, offset;
    memcpy(&size, view, 4);
    *length = (size_t)size;
    *bytes = view + 4;
    if (size > 12) {
        memcpy(&buffer, view + 8, 4);
        memcpy(&offset, view + 12, 4);
        *bytes = (const char *)array->buffers[2 + buffer] + offset;
    }
}

bool column_element(const Layout *layout, const struct ArrowArray *array, int64_t row, const char **bytes, size_t *length) {
    row += array->offset;
    if (layout->shape == NULLS || !is_valid(array, row)) {
        return false;
    }
    if (layout->index != 0) {
        Layout values = *layout;
        int64_t index = index_at(layout->index, array->buffers[1], row);
        values.index = 0;
        if (index < 0 || index >= array->dictionary->length) {
            return false;
        }
        return column_element(&values, array->dictionary, index, bytes, length);
    }
    switch (layout->shape) {
    case OFFSETS_32: {
        const int32_t *offsets = array->buffers[1];
        *bytes = (const char *)array->buffers[2] + offsets[row];
        *length = (size_t)(offsets[row + 1] - offsets[row]);
        break;
    }
    case OFFSETS_64: {
        const int64_t *offsets = array->buffers[1];
        *bytes = (const char *)array->buffers[2] + offsets[row];
        *length = (size_t)(offsets[row + 1] - offsets[row]);
        break;
    }
    case VIEWS:
        view_at(array, row, bytes, length);
        break;
    case FIXED:
        *bytes = (const char *)array->buffers[1] + layout->width * row;
        *length = (size_t)layout->width;
        break;
    default:
        *bytes = (const char *)array->buffers[1] + 4 * row;
        *length = 4;
    }
    return true;
}

void column_free(Column *column) {
    for (size_t i = 0; i < column->count; i++) {
        column->arrays[i].release(&column->arrays[i]);
    }
    free(column->arrays);
    *column = (Column){.arrays = NULL};
}

/* Moves an array into the column. */
static bool column_add(Column *column, struct ArrowArray *array) {
    struct ArrowArray *arrays = realloc(column->arrays, (column->count + 1) * sizeof *arrays);
    if (arrays == NULL) {
        array->release(array);
        PyErr_NoMemory();
        return false;
    }
    arrays[column->count++] = *array;
    column->arrays = arrays;
    column->length += array->length;
    array->release = NULL;
    return true;
}

static bool take_array(PyObject *object, Column *column) {
    PyObject *pair = PyObject_CallMethod(object, "__arrow_c_array__", NULL);
    bool done = false;
    if (pair != NULL && PyTuple_Check(pair) && PyTuple_Size(pair) == 2) {
        struct ArrowSchema *schema = PyCapsule_GetPointer(PyTuple_GetItem(pair, 0), "arrow_schema");
        struct ArrowArray *array = schema == NULL ? NULL : PyCapsule_GetPointer(PyTuple_GetItem(pair, 1), "arrow_array");
        done = array != NULL && layout_of_schema(schema, &column->layout) && column_add(column, array);
    } else if (pair != NULL) {
        PyErr_SetString(PyExc_TypeError, "__arrow_c_array__ did not give a schema and an array");
    }
    Py_XDECREF(pair);
    return done;
}

static bool take_stream(PyObject *object, Column *column) {
    PyObject *capsule = PyObject_CallMethod(object, "__arrow_c_stream__", NULL);
    struct ArrowArrayStream *stream = capsule == NULL ? NULL : PyCapsule_GetPointer(capsule, "arrow_array_stream");
    struct ArrowSchema schema = {.release = NULL};
    bool done = false;
    if (stream != NULL) {
        int failed = stream->get_schema(stream, &schema);
        done = failed == 0 && layout_of_schema(&schema, &column->layout);
        while (done) {
            struct ArrowArray array = {.release = NULL};
            failed = stream->get_next(stream, &array);
            if (failed != 0 || array.release == NULL) {
                break;
            }
            done = column_add(column, &array);
        }
        if (failed != 0 && !PyErr_Occurred()) {
            const char *text = stream->get_last_error(stream);
            PyErr_Format(PyExc_RuntimeError, "the stream of the column failed: %s", text == NULL ? "it does not say why" : text);
            done = false;
        }
    }
    if (schema.release != NULL) {
        schema.release(&schema);
    }
    Py_XDECREF(capsule);
    return done;
}

bool column_take(PyObject *object, Column *column) {
    *column = (Column){.arrays = NULL};
    bool done = false;
    if (PyObject_HasAttrString(object, "__arrow_c_array__")) {
        done = take_array(object, column);
    } else if (PyObject_HasAttrString(object, "__arrow_c_stream__")) {
        done = take_stream(object, column);
    } else {
        PyErr_SetString(PyExc_TypeError, "an Arrow column has __arrow_c_array__ or __arrow_c_stream__, as those of PyArrow, Polars, pandas "
                                         "and DuckDB have; for a list or a NumPy array there is lookup_many");
    }
    if (!done) {
        column_free(column);
    }
    return done;
}

/* arrow_addresses(column): a list of objects that `lookup` takes, and None for nulls. For who sends them elsewhere. */
PyObject *arrow_addresses(PyObject *module, PyObject *object) {
    (void)module;
    Column column;
    if (!column_take(object, &column)) {
        return NULL;
    }
    PyObject *list = PyList_New(0);
    for (size_t piece = 0; list != NULL && piece < column.count; piece++) {
        for (int64_t row = 0; row < column.arrays[piece].length; row++) {
            const char *bytes;
            size_t length;
            PyObject *item;
            if (!column_element(&column.layout, &column.arrays[piece], row, &bytes, &length)) {
                item = Py_NewRef(Py_None);
            } else if (column.layout.shape == NUMBERS) {
                uint32_t number;
                memcpy(&number, bytes, 4);
                item = PyLong_FromUnsignedLong(number);
            } else if (column.layout.text) {
                item = PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)length, "replace");
            } else {
                item = PyBytes_FromStringAndSize(bytes, (Py_ssize_t)length);
            }
            bool done = item != NULL && PyList_Append(list, item) == 0;
            Py_XDECREF(item);
            if (!done) {
                Py_CLEAR(list);
                break;
            }
        }
    }
    column_free(&column);
    return list;
}
