/* Module datamaestro.api.csv: tables as text, row by row or as tensors.
 *
 * Options, all of them optional: `delimiter` (one byte, ","), `skip` (lines to leave out at the top, 0),
 * `names_row` and `size_row` (rows, counted from 0 after those lines, that hold the columns' names, and the
 * numbers of rows and columns; -1 for none), `columns` (fields that every row must have), `source` (a stream
 * of datamaestro.api.stream, read instead of the file), `encoding` (as of datamaestro.api.lines; without it
 * fields are bytes as they are), for csv.open and csv.rows `types` (array of "string" "number" "integer"
 * "string?" "number?" "integer?", one a column: what fields are read as) and for csv.matrix and csv.batches
 * `target` (name of a column to be kept apart). Rows of data begin behind names_row and size_row.
 */
#include <string.h>

#include "csv_handle.h"
#include "lua_util.h"
#include "stream_handle.h"
#include "tensor_handle.h"

#define READER "datamaestro.csv"

/* What the userdata holds: the reader first. */
struct reader {
  struct dm_csv csv;
  const char *types; /* of csv.open, one letter a column; "" without any. Kept by a user value */
  bool has_names;    /* rows have a metatable, the third user value */
};

enum { TEXT_SIZE = 1 << 16 /* bytes after which reader:text gives what it has */ };

static void check_names(lua_State *L, int index, const char *extra) {
  static const char *const known[] = {"delimiter", "skip",   "names_row", "size_row",
                                      "columns",   "source", "encoding"};
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    bool is_known = false;
    lua_pop(L, 1);
    const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : luaL_typename(L, -1);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
      is_known = is_known || strcmp(name, known[i]) == 0;
    if (!is_known && (extra == NULL || strcmp(name, extra) != 0))
      luaL_error(L, "field '%s': unknown option", name);
  }
}

static int64_t check_number(lua_State *L, int index, const char *name, int64_t least) {
  lua_Integer value = dm_lua_field_integer(L, index, name, least);
  if (value < least)
    luaL_error(L, "field '%s': %I (%I or more expected)", name, value, (lua_Integer)least);
  return value;
}

struct dm_csv_options dm_lua_csv_options(lua_State *L, int index, const char *extra) {
  struct dm_csv_options options = {.delimiter = ',', .names_row = -1, .size_row = -1};
  if (lua_isnoneornil(L, index)) {
    lua_pushnil(L);
    return options;
  }
  luaL_checktype(L, index, LUA_TTABLE);
  check_names(L, index, extra);
  const char *delimiter = dm_lua_field_string(L, index, "delimiter", ",");
  if (strlen(delimiter) != 1 || strchr("\"\r\n", *delimiter) != NULL)
    luaL_error(L, "field 'delimiter': one byte, not a quote or a line end, expected");
  options.delimiter = *delimiter;
  options.skip = (uint64_t)check_number(L, index, "skip", 0);
  options.names_row = check_number(L, index, "names_row", -1);
  options.size_row = check_number(L, index, "size_row", -1);
  options.columns = (size_t)check_number(L, index, "columns", 0);
  options.encoding = dm_lua_field_string(L, index, "encoding", NULL);
  options.reader = dm_lua_stream_field(L, index);
  return options;
}

static struct dm_csv *check_reader(lua_State *L, int index) {
  struct dm_csv *csv = luaL_checkudata(L, index, READER);
  luaL_argcheck(L, csv->path != NULL, index, "closed reader (open reader expected)");
  return csv;
}

/* Pushes a row as an array of strings. A new string may run finalizers, and these may close the reader or
 * read on, with success or without, which moves the row's bytes: `calls` tells. */
static void push_row(lua_State *L, const struct dm_csv *csv, const struct dm_csv_row *row) {
  const uint64_t calls = csv->calls;
  lua_createtable(L, (int)row->count, 0);
  for (size_t i = 0; csv->calls == calls && csv->path != NULL && i < row->count; i++) {
    lua_pushlstring(L, row->bytes + row->fields[i].start, row->fields[i].size);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  if (csv->calls != calls || csv->path == NULL)
    luaL_error(L, "reader used by a finalizer while it was in use");
}

void dm_lua_csv_names(lua_State *L, const struct dm_csv *csv) {
  if (csv->names.count > 0)
    push_row(L, csv, &csv->names);
  else
    lua_pushnil(L);
}

/* Every row must have as many fields as there are types. */
static int expect_typed(struct reader *reader, struct dm_error *err) {
  size_t typed = strlen(reader->types);
  size_t named = reader->csv.names.count;
  if (typed == 0)
    return 0;
  if (named > 0 && named != typed)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: types names %zu column%s, the file has %zu",
                        reader->csv.path, typed, typed == 1 ? "" : "s", named);
  reader->csv.options.columns = typed;
  return 0;
}

/* csv.open(path, options) → reader, positioned on the first row of data, to-be-closed | nil, message, code:
 * "unknown" when missing, "format" when it is no file or a row of the options is not there. */
static int csv_open(lua_State *L) {
  struct dm_error err;
  const char *path = luaL_checkstring(L, 1);
  lua_settop(L, 2);
  struct dm_csv_options options = dm_lua_csv_options(L, 2, "types"); /* the source is at 3 */
  dm_lua_csv_types(L, 2);
  struct reader *reader = lua_newuserdatauv(L, sizeof *reader, 3);
  *reader = (struct reader){.csv.fd = -1, .types = lua_tostring(L, -2)};
  luaL_setmetatable(L, READER);
  lua_pushvalue(L, 3);
  (void)lua_setiuservalue(L, -2, 1);
  lua_pushvalue(L, -2);
  (void)lua_setiuservalue(L, -2, 2);
  if (dm_csv_open(&reader->csv, path, &options, &err) != 0 || expect_typed(reader, &err) != 0)
    return dm_lua_fail(L, &err);
  reader->has_names = reader->csv.names.count > 0;
  dm_lua_csv_record(L, &reader->csv);
  (void)lua_setiuservalue(L, -2, 3);
  return 1;
}

static bool is_blank(const char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (bytes[i] != ' ' && bytes[i] != '\t')
      return false;
  return true;
}

/* Pushes field `column` as the type that `letter` stands for (the `types` of csv.open), or fills `err`. */
static int push_typed(lua_State *L, const struct dm_csv *csv, size_t column, char letter,
                      struct dm_error *err) {
  double number = 0;
  int64_t integer = 0;
  const struct dm_csv_field *field = &csv->row.fields[column];
  bool is_empty = letter == 'S' && field->size == 0;
  if (is_empty || ((letter == 'N' || letter == 'I') && is_blank(csv->row.bytes + field->start, field->size)))
    lua_pushnil(L);
  else if (letter == 's' || letter == 'S')
    lua_pushlstring(L, csv->row.bytes + field->start, field->size);
  else if (letter == 'n' || letter == 'N') {
    if (dm_csv_number(csv, column, &number, err) != 0)
      return -1;
    lua_pushnumber(L, number);
  } else {
    if (dm_csv_integer(csv, column, &integer, err) != 0)
      return -1;
    lua_pushinteger(L, integer);
  }
  return 0;
}

/* As push_row, with the fields as their types say. */
static int push_typed_row(lua_State *L, const struct dm_csv *csv, const char *types) {
  struct dm_error err;
  const uint64_t calls = csv->calls;
  const size_t count = csv->row.count;
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    if (csv->calls != calls || csv->path == NULL)
      return luaL_error(L, "reader used by a finalizer while it was in use");
    if (push_typed(L, csv, i, types[i], &err) != 0)
      return dm_lua_fail(L, &err);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* reader:row() → array of strings, or of what `types` says, nil for an empty field of a type with `?` | nil
 * at the end | nil, message, "format": "PATH:LINE:COLUMN: …". After a row with a wrong number of fields the
 * next call gives the row behind it; after others it fails again. */
static int reader_row(lua_State *L) {
  struct dm_error err;
  struct dm_csv *csv = check_reader(L, 1);
  int status = dm_csv_next(csv, &err);
  if (status < 0)
    return dm_lua_fail(L, &err);
  if (status == 0) {
    lua_pushnil(L);
    return 1;
  }
  const struct reader *reader = (const struct reader *)csv;
  int count = 1;
  if (*reader->types != '\0')
    count = push_typed_row(L, csv, reader->types);
  else
    push_row(L, csv, &csv->row);
  if (count == 1 && reader->has_names) {
    (void)lua_getiuservalue(L, 1, 3);
    (void)lua_setmetatable(L, -2);
  }
  return count;
}

/* reader:skip(count) → integer: rows left out, fewer than `count` only at the end | nil, message, "format".
 */
static int reader_skip(lua_State *L) {
  struct dm_error err;
  struct dm_csv *csv = check_reader(L, 1);
  lua_Integer count = luaL_checkinteger(L, 2);
  lua_Integer skipped = 0;
  int status = 1;
  while (skipped < count && (status = dm_csv_next(csv, &err)) > 0)
    if (++skipped % DM_CSV_ROWS_AT_ONCE == 0)
      dm_lua_csv_look_up(L);
  if (status < 0)
    return dm_lua_fail(L, &err);
  lua_pushinteger(L, skipped);
  return 1;
}

enum { FORM_CSV, FORM_JSONL, FORM_STRINGS, FORM_NUMBERS };

static int add_text(const struct dm_csv *csv, struct dm_text *text, int form, struct dm_error *err) {
  static const enum dm_csv_values values[] = {DM_CSV_PLAIN, DM_CSV_PLAIN, DM_CSV_STRINGS, DM_CSV_NUMBERS};
  if (form != FORM_CSV)
    return dm_csv_json(csv, text, values[form], err);
  dm_csv_text(&csv->row, text);
  return 0;
}

/* A string of rows, `*rows` of them at most and TEXT_SIZE bytes or a little more. */
static int read_text(struct dm_csv *csv, struct dm_text *text, int form, lua_Integer *rows,
                     struct dm_error *err) {
  lua_Integer count = 0;
  int status = 1;
  while (count < *rows && text->size < TEXT_SIZE && (status = dm_csv_next(csv, err)) > 0) {
    if (add_text(csv, text, form, err) != 0)
      return -1;
    count++;
  }
  *rows = count;
  if (status >= 0 && text->failed)
    return dm_error_set(err, DM_ERROR, "%s: not enough memory", csv->path);
  return status;
}

static int text_close(lua_State *L) {
  dm_text_close(luaL_checkudata(L, 1, "datamaestro.csv.text"));
  return 0;
}

/* reader:text(form, count) → string, integer: the next rows as lines, `count` at most but no more than some
 * 64 KiB, and how many they are; 0 at the end. `form` is "csv", "jsonl" (objects where there are names, else
 * arrays; fields that are JSON's numbers to the byte as numbers) or "strings" (the same, all fields strings),
 * or "numbers" (all numbers, else it fails) | nil, message, "format", string: what was read before the bad
 * row. */
static int reader_text(lua_State *L) {
  static const char *const forms[] = {"csv", "jsonl", "strings", "numbers", NULL};
  struct dm_error err;
  struct dm_csv *csv = check_reader(L, 1);
  int form = luaL_checkoption(L, 2, NULL, forms);
  lua_Integer rows = luaL_checkinteger(L, 3);
  struct dm_text *text = lua_newuserdatauv(L, sizeof *text, 0);
  *text = (struct dm_text){.bytes = NULL};
  luaL_setmetatable(L, "datamaestro.csv.text");
  luaL_argcheck(L, csv->path != NULL, 1, "closed reader (open reader expected)");
  if (form != FORM_CSV && csv->names.count > 0)
    csv->options.columns = csv->names.count;
  int status = read_text(csv, text, form, &rows, &err);
  if (status < 0)
    (void)dm_lua_fail(L, &err);
  lua_pushlstring(L, text->bytes, text->size);
  dm_text_close(text);
  if (status < 0)
    return 4;
  lua_pushinteger(L, rows);
  return 2;
}

/* The iterator of reader:rows(). */
static int next_row(lua_State *L) {
  lua_settop(L, 1);
  return reader_row(L) == 1 ? 1 : dm_lua_raise(L);
}

/* reader:rows() → iterator of arrays of strings, `for row in reader:rows() do`; a bad row raises a table of
 * `message` and `code`, which tostring shows as the message. */
static int reader_rows(lua_State *L) {
  (void)check_reader(L, 1);
  lua_pushcfunction(L, next_row);
  lua_pushvalue(L, 1);
  return 2;
}

/* reader:names() → array of strings | nil: what stands in names_row. */
static int reader_names(lua_State *L) {
  dm_lua_csv_names(L, check_reader(L, 1));
  return 1;
}

/* reader:close() → nothing: closes the file; closed is fine. Also by `<close>` and by the collector. */
static int reader_close(lua_State *L) {
  dm_csv_close(luaL_checkudata(L, 1, READER));
  return 0;
}

/* tostring(reader) → "table people.csv: columns name, age". */
static int reader_tostring(lua_State *L) {
  const struct dm_csv *csv = luaL_checkudata(L, 1, READER);
  if (csv->path == NULL) {
    lua_pushliteral(L, "table (closed)");
    return 1;
  }
  lua_settop(L, 1);
  dm_lua_csv_names(L, csv);
  luaL_Buffer text;
  const lua_Integer count = lua_isnil(L, 2) ? 0 : (lua_Integer)lua_rawlen(L, 2);
  luaL_buffinit(L, &text);
  luaL_addstring(&text, "table ");
  luaL_addstring(&text, csv->path);
  for (lua_Integer i = 1; i <= count; i++) {
    luaL_addstring(&text, i == 1 ? ": columns " : ", ");
    lua_rawgeti(L, 2, i);
    luaL_addvalue(&text);
  }
  luaL_addstring(&text, "; :row(), :rows() and :names() read it");
  luaL_pushresult(&text);
  return 1;
}

/* csv.rows(path, options) → as reader:rows() of csv.open, closed when the loop ends; raises as that does
 * where the file cannot be opened. */
static int csv_rows(lua_State *L) {
  lua_settop(L, 2);
  if (csv_open(L) != 1)
    return dm_lua_raise(L);
  lua_pushcfunction(L, next_row);
  lua_insert(L, -2);
  lua_pushnil(L);
  lua_pushvalue(L, -2);
  return 4;
}

DM_LUA_MODULE int luaopen_datamaestro_api_csv(lua_State *L);

int luaopen_datamaestro_api_csv(lua_State *L) {
  static const luaL_Reg functions[] = {{"open", csv_open}, {"rows", csv_rows}, {NULL, NULL}};
  static const luaL_Reg reader[] = {
      {"__gc", reader_close}, {"__close", reader_close}, {"__tostring", reader_tostring}, {NULL, NULL}};
  static const luaL_Reg text[] = {{"__gc", text_close}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"row", reader_row},   {"rows", reader_rows},   {"skip", reader_skip},
                                     {"text", reader_text}, {"names", reader_names}, {"close", reader_close},
                                     {NULL, NULL}};
  dm_lua_class(L, READER, reader, methods);
  dm_lua_class(L, "datamaestro.csv.text", text, NULL);
  dm_lua_csv_classes(L);
  lua_getglobal(L, "require"); /* the class of the tensors */
  lua_pushliteral(L, "datamaestro.api.tensor");
  lua_call(L, 1, 0);
  luaL_newlib(L, functions);
  luaL_setfuncs(L, dm_lua_csv_values, 0);
  return 1;
}
