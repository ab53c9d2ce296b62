/* Reader: the daemon's replies, made into answers; and requests for many addresses.
 *
 * A reader is fed what comes from the socket, in whatever pieces, and read reply by reply. Who reads says what is expected:
 * an answer, an array of answers, an array of networks, or anything. A reply that is not whole yet gives INCOMPLETE and
 * is read from its start again, but for the elements of a long array: those are kept. What breaks the protocol raises, and
 * then the connection is of no more use.
 *
 * An error of the daemon comes back as a NameplateError that is not raised, for in an array the others are answered. */

#include "core.h"

#include <stdlib.h>
#include <string.h>

/* No reply has a longer text, or as many elements. */
#define MOST_BYTES ((size_t)64 << 20)
#define MOST_ELEMENTS ((long long)16 << 20)
/* Arrays in arrays. */
enum { DEEPEST = 8 };

typedef enum { ANY, ANSWER, ANSWERS, NETWORKS, KINDS } Kind;

typedef struct {
    PyObject_HEAD
    State *state;
    char *bytes;
    /* From `start` to `end` is what has not been read. */
    size_t start, end, room;
    /* Of an array that is not whole: what is there, and how many are still to come. */
    PyObject *elements;
    long long missing;
    /* How many elements of the array that was read last are errors. */
    Py_ssize_t errors;
    /* Where an answer's facts are put together. */
    unsigned char *scratch;
    size_t scratch_room;
} Reader;

/* WHOLE: `*at` is moved behind it. BROKEN: an error is raised. */
typedef enum { BROKEN = -1, PARTIAL = 0, WHOLE = 1 } Progress;

static Progress broken(Reader *reader) {
    raise_error(reader->state, "protocol", "what answers on this socket is no nameplate daemon, or of another version: check the path");
    return BROKEN;
}

/* A line: its first byte says what it is, the rest stands between `*text` and the CRLF. */
static Progress read_line(Reader *reader, size_t *at, const char **text, size_t *length) {
    size_t most = reader->end - *at < 4096 ? reader->end - *at : 4096;
    const char *line = reader->bytes + *at, *end = most == 0 ? NULL : memchr(line, '\r', most);
    if (end == NULL) {
        return most == 4096 ? broken(reader) : PARTIAL;
    }
    if (end + 1 == reader->bytes + reader->end) {
        return PARTIAL;
    }
    if (end[1] != '\n' || end == line) {
        return broken(reader);
    }
    *text = line;
    *length = (size_t)(end - line);
    *at += *length + 2;
    return WHOLE;
}

static bool parse_integer(const char *text, size_t length, long long *number) {
    bool negative = length > 0 && *text == '-';
    long long value = 0;
    if (length - negative == 0 || length - negative > 18) {
        return false;
    }
    for (size_t i = negative; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (text[i] - '0');
    }
    *number = negative ? -value : value;
    return true;
}

/* A bulk string behind its line, whose length is `length`. */
static Progress read_bulk(Reader *reader, size_t *at, long long length, const char **text) {
    if (length < 0 || (size_t)length > MOST_BYTES) {
        return broken(reader);
    }
    if (reader->end - *at < (size_t)length + 2) {
        return PARTIAL;
    }
    *text = reader->bytes + *at;
    if ((*text)[length] != '\r' || (*text)[length + 1] != '\n') {
        return broken(reader);
    }
    *at += (size_t)length + 2;
    return WHOLE;
}

/* A text, whole: a bulk string. */
static Progress read_text(Reader *reader, size_t *at, const char **text, size_t *length) {
    const char *line;
    size_t line_length;
    long long number;
    Progress progress = read_line(reader, at, &line, &line_length);
    if (progress != WHOLE) {
        return progress;
    }
    if (*line != '$' || !parse_integer(line + 1, line_length - 1, &number)) {
        return broken(reader);
    }
    progress = read_bulk(reader, at, number, text);
    *length = (size_t)number;
    return progress;
}

/* An error as an object: ValueError for what is no address, else NameplateError. */
static PyObject *error_object(Reader *reader, const char *text, size_t length) {
    static const char invalid[] = "ERR invalid address";
    if (length == sizeof invalid - 1 && memcmp(text, invalid, length) == 0) {
        raise_address(-1);
    } else {
        char code[16] = {0}, sentence[512] = {0};
        size_t word = 0;
        while (word < length && word < sizeof code - 1 && text[word] >= 'A' && text[word] <= 'Z') {
            code[word] = (char)(text[word] - 'A' + 'a');
            word++;
        }
        size_t rest = word < length && text[word] == ' ' ? word + 1 : 0;
        size_t shown = length - rest < sizeof sentence - 1 ? length - rest : sizeof sentence - 1;
        for (size_t i = 0; i < shown; i++) {
            /* The daemon's sentences are ASCII. */
            sentence[i] = text[rest + i] >= ' ' && text[rest + i] <= '~' ? text[rest + i] : '?';
        }
        raise_error(reader->state, word == 0 ? "err" : code, sentence);
    }
    PyObject *type, *error, *trace;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    Py_XDECREF(type);
    Py_XDECREF(trace);
    return error;
}

static Progress done(PyObject *object, PyObject **into) {
    *into = object;
    return object == NULL ? BROKEN : WHOLE;
}

static bool scratch_put(Reader *reader, size_t *used, Field field, const char *text, size_t length) {
    size_t room = *used + 5 + length;
    if (room > reader->scratch_room) {
        unsigned char *more = realloc(reader->scratch, room * 2);
        if (more == NULL) {
            PyErr_NoMemory();
            return false;
        }
        reader->scratch = more;
        reader->scratch_room = room * 2;
    }
    facts_put(reader->scratch + *used, field, text, length);
    *used = room;
    return true;
}

/* An answer: a map, or an array of names and values in turn. Or an error. */
static Progress read_answer(Reader *reader, size_t *at, PyObject **into) {
    const char *text, *name;
    size_t length, name_length, used = 0;
    long long count;
    Progress progress = read_line(reader, at, &text, &length);
    if (progress != WHOLE) {
        return progress;
    }
    if (*text == '-') {
        return done(error_object(reader, text + 1, length - 1), into);
    }
    if ((*text != '*' && *text != '%') || !parse_integer(text + 1, length - 1, &count) || count < 0 || count > 1024) {
        return broken(reader);
    }
    if (*text == '*') {
        if (count % 2 != 0) {
            return broken(reader);
        }
        count /= 2;
    }
    Field field = STATUS;
    for (long long i = 0; i < count; i++) {
        if ((progress = read_text(reader, at, &name, &name_length)) != WHOLE ||
            (progress = read_text(reader, at, &text, &length)) != WHOLE) {
            return progress;
        }
        Field found = field_of_name(name, name_length, field);
        if (found == FIELDS) {
            /* What a newer daemon knows. */
            continue;
        }
        field = found;
        if (!scratch_put(reader, &used, field, text, length)) {
            return BROKEN;
        }
    }
    if (!facts_check(reader->scratch, used)) {
        return broken(reader);
    }
    return done(answer_of_facts(reader->state, reader->scratch, used), into);
}

/* A pair of first and last address. */
static Progress read_network(Reader *reader, size_t *at, PyObject **into) {
    const char *text, *texts[2];
    size_t length, lengths[2];
    Progress progress = read_line(reader, at, &text, &length);
    if (progress != WHOLE) {
        return progress;
    }
    if (length != 2 || memcmp(text, "*2", 2) != 0) {
        return broken(reader);
    }
    for (int i = 0; i < 2; i++) {
        if ((progress = read_text(reader, at, &texts[i], &lengths[i])) != WHOLE) {
            return progress;
        }
    }
    PyObject *first = PyUnicode_FromStringAndSize(texts[0], (Py_ssize_t)lengths[0]);
    PyObject *last = first == NULL ? NULL : PyUnicode_FromStringAndSize(texts[1], (Py_ssize_t)lengths[1]);
    PyObject *network = network_of_texts(reader->state, first, last);
    if (network == NULL && PyErr_ExceptionMatches(PyExc_UnicodeError)) {
        PyErr_Clear();
        return broken(reader);
    }
    return done(network, into);
}

/* Any reply: str, int, None, list, or an error that is not raised. */
static Progress read_any(Reader *reader, size_t *at, int depth, PyObject **into) {
    const char *text;
    size_t length;
    long long number = 0;
    Progress progress = read_line(reader, at, &text, &length);
    if (progress != WHOLE) {
        return progress;
    }
    char type = *text;
    if (type == '-') {
        return done(error_object(reader, text + 1, length - 1), into);
    }
    if (type == '+') {
        return done(PyUnicode_DecodeUTF8(text + 1, (Py_ssize_t)length - 1, "replace"), into);
    }
    if (!parse_integer(text + 1, length - 1, &number)) {
        return broken(reader);
    }
    if (type == ':') {
        return done(PyLong_FromLongLong(number), into);
    }
    if ((type == '$' || type == '*') && number == -1) {
        return done(Py_NewRef(Py_None), into);
    }
    if (type == '$') {
        progress = read_bulk(reader, at, number, &text);
        return progress == WHOLE ? done(PyUnicode_DecodeUTF8(text, (Py_ssize_t)number, "replace"), into) : progress;
    }
    if (type != '*' || number < 0 || number > MOST_ELEMENTS || depth == DEEPEST) {
        return broken(reader);
    }
    PyObject *list = PyList_New(0);
    for (long long i = 0; list != NULL && i < number; i++) {
        PyObject *element;
        progress = read_any(reader, at, depth + 1, &element);
        if (progress == WHOLE && PyList_Append(list, element) < 0) {
            progress = BROKEN;
            Py_DECREF(element);
        } else if (progress == WHOLE) {
            Py_DECREF(element);
        }
        if (progress != WHOLE) {
            Py_DECREF(list);
            return progress;
        }
    }
    return done(list, into);
}

/* An array of answers or networks: each element that is whole is read once. */
static Progress read_elements(Reader *reader, Kind kind, PyObject **into) {
    if (reader->elements == NULL) {
        const char *text;
        size_t length, at = reader->start;
        Progress progress = read_line(reader, &at, &text, &length);
        if (progress != WHOLE) {
            return progress;
        }
        if (*text == '-') {
            reader->start = at;
            return done(error_object(reader, text + 1, length - 1), into);
        }
        if (*text != '*' || !parse_integer(text + 1, length - 1, &reader->missing) || reader->missing < 0 ||
            reader->missing > MOST_ELEMENTS) {
            return broken(reader);
        }
        reader->elements = PyList_New(0);
        if (reader->elements == NULL) {
            return BROKEN;
        }
        reader->start = at;
        reader->errors = 0;
    }
    while (reader->missing > 0) {
        PyObject *element = NULL;
        size_t at = reader->start;
        Progress progress = kind == ANSWERS ? read_answer(reader, &at, &element) : read_network(reader, &at, &element);
        if (progress != WHOLE) {
            return progress;
        }
        reader->errors += kind == ANSWERS && Py_TYPE(element) != reader->state->answer;
        int appended = PyList_Append(reader->elements, element);
        Py_DECREF(element);
        if (appended < 0) {
            return BROKEN;
        }
        reader->start = at;
        reader->missing--;
    }
    *into = reader->elements;
    reader->elements = NULL;
    return WHOLE;
}

static PyObject *reader_feed(PyObject *self, PyObject *object) {
    Reader *reader = (Reader *)self;
    if (!PyBytes_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "a Reader is fed bytes");
        return NULL;
    }
    size_t length = (size_t)PyBytes_Size(object), kept = reader->end - reader->start;
    if (reader->start > 0) {
        memmove(reader->bytes, reader->bytes + reader->start, kept);
        reader->start = 0;
        reader->end = kept;
    }
    if (kept + length > reader->room) {
        size_t room = (kept + length) * 2;
        char *bytes = realloc(reader->bytes, room);
        if (bytes == NULL) {
            return PyErr_NoMemory();
        }
        reader->bytes = bytes;
        reader->room = room;
    }
    memcpy(reader->bytes + kept, PyBytes_AsString(object), length);
    reader->end += length;
    Py_RETURN_NONE;
}

static PyObject *reader_read(PyObject *self, PyObject *object) {
    Reader *reader = (Reader *)self;
    PyObject *result = NULL;
    long kind = PyLong_AsLong(object);
    if (kind < 0 || kind >= KINDS) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "no kind of reply");
        }
        return NULL;
    }
    size_t at = reader->start;
    Progress progress;
    if (kind == ANSWERS || kind == NETWORKS) {
        progress = read_elements(reader, (Kind)kind, &result);
        at = reader->start;
    } else {
        progress = kind == ANSWER ? read_answer(reader, &at, &result) : read_any(reader, &at, 0, &result);
    }
    if (progress == BROKEN) {
        return NULL;
    }
    if (progress == PARTIAL) {
        return Py_NewRef(reader->state->incomplete);
    }
    reader->start = at;
    return result;
}

static PyObject *reader_pending(PyObject *self, void *unused) {
    (void)unused;
    Reader *reader = (Reader *)self;
    return PyBool_FromLong(reader->end > reader->start || reader->elements != NULL);
}

static PyObject *reader_errors(PyObject *self, void *unused) {
    (void)unused;
    return PyLong_FromSsize_t(((Reader *)self)->errors);
}

static PyObject *reader_new(PyTypeObject *type, PyObject *arguments, PyObject *options) {
    (void)arguments;
    (void)options;
    Reader *reader = PyObject_New(Reader, type);
    if (reader != NULL) {
        *reader = (Reader){.ob_base = reader->ob_base, .state = PyType_GetModuleState(type)};
    }
    return (PyObject *)reader;
}

static void reader_free(PyObject *self) {
    Reader *reader = (Reader *)self;
    PyTypeObject *type = Py_TYPE(self);
    free(reader->bytes);
    free(reader->scratch);
    Py_XDECREF(reader->elements);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyMethodDef reader_methods[] = {
    {"feed", reader_feed, METH_O, "Takes bytes that came."},
    {"read", reader_read, METH_O, "Reads a reply of a kind: 0 any, 1 an answer, 2 answers, 3 networks."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef reader_properties[] = {
    {"pending", reader_pending, NULL, "Whether there are bytes that have not been read.", NULL},
    {"errors", reader_errors, NULL, "How many elements of the array that was read last are errors.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot reader_slots[] = {
    {Py_tp_doc, "Reads the daemon's replies."},
    {Py_tp_new, reader_new},
    {Py_tp_dealloc, reader_free},
    {Py_tp_methods, reader_methods},
    {Py_tp_getset, reader_properties},
    {0, NULL},
};

static PyType_Spec reader_spec = {"nameplate._core.Reader", sizeof(Reader), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, reader_slots};

bool reader_add_type(PyObject *module, State *state) {
    state->reader = (PyTypeObject *)PyType_FromModuleAndSpec(module, &reader_spec, NULL);
    return state->reader != NULL && PyModule_AddType(module, state->reader) == 0;
}

static char *put_size(char *end, char type, size_t number) {
    char digits[24];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    *end++ = type;
    while (count > 0) {
        *end++ = digits[--count];
    }
    *end++ = '\r';
    *end++ = '\n';
    return end;
}

static char *put_bulk(char *end, const char *text, size_t length) {
    end = put_size(end, '$', length);
    memcpy(end, text, length);
    end += length;
    *end++ = '\r';
    *end++ = '\n';
    return end;
}

/* encode(command, addresses, start, count, errors): a request with the command and these addresses of a tuple. What is no address
 * for its length alone is sent as an empty text where errors is 1, which the daemon refuses in its place; else it raises, with the
 * item's number where errors is 0, and without where it is -1. */
PyObject *resp_encode(PyObject *module, PyObject *arguments) {
    State *state = PyModule_GetState(module);
    const char *command;
    PyObject *addresses;
    Py_ssize_t command_length, start, count;
    int null;
    if (!PyArg_ParseTuple(arguments, "s#O!nni:encode", &command, &command_length, &PyTuple_Type, &addresses, &start, &count, &null)) {
        return NULL;
    }
    if (start < 0 || count < 1 || count > PyTuple_Size(addresses) - start) {
        PyErr_SetString(PyExc_ValueError, "no such addresses");
        return NULL;
    }
    char *request = PyMem_Malloc(64 + (size_t)command_length + (size_t)count * (NAMEPLATE_ADDRESS_LENGTH + 16));
    if (request == NULL) {
        return PyErr_NoMemory();
    }
    char *end = put_bulk(put_size(request, '*', (size_t)count + 1), command, (size_t)command_length);
    for (Py_ssize_t i = start; i < start + count; i++) {
        Address address;
        char text[ADDRESS_ROOM];
        int read = address_read(state, PyTuple_GetItem(addresses, i), &address);
        if (read < 0 || (read == 0 && null != 1)) {
            if (read == 0) {
                raise_address(null == 0 ? i : -1);
            }
            PyMem_Free(request);
            return NULL;
        }
        if (read == 0) {
            end = put_bulk(end, "", 0);
        } else if (address.form == TEXT && address.length <= NAMEPLATE_ADDRESS_LENGTH) {
            end = put_bulk(end, address.text, address.length);
        } else if (address.form == TEXT) {
            /* Few letters of many bytes. */
            end = put_bulk(end, "", 0);
        } else {
            uint8_t v4[4] = {(uint8_t)(address.v4 >> 24), (uint8_t)(address.v4 >> 16), (uint8_t)(address.v4 >> 8), (uint8_t)address.v4};
            size_t length = address.form == V4 ? address_write(4, v4, text) : address_write(6, address.v6, text);
            end = put_bulk(end, text, length);
        }
    }
    PyObject *bytes = PyBytes_FromStringAndSize(request, end - request);
    PyMem_Free(request);
    return bytes;
}
