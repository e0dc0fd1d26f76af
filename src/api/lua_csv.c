/* Module datamaestro.api.csv: tables as text, row by row or as tensors.
 *
 * Options, all of them optional: `delimiter` (one byte, ","), `skip` (lines to leave out at the top, 0),
 * `names_row` and `size_row` (rows, counted from 0 after those lines, that hold the columns' names, and the
 * numbers of rows and columns; -1 for none), `columns` (fields that every row must have), and for csv.matrix
 * `target` (name of a column to be kept apart). Rows of data begin behind names_row and size_row. */
#include <string.h>

#include "datamaestro/csv.h"
#include "lua_util.h"
#include "tensor_handle.h"

#define READER "datamaestro.csv"
#define MATRIX "datamaestro.csv.matrix"
#define FAILURE "datamaestro.csv.failure"

enum { ROWS_AT_ONCE = 1 << 16 /* between two looks whether Ctrl-C was pressed */ };

static void check_names(lua_State *L, int index, const char *target) {
  static const char *const known[] = {"delimiter", "skip", "names_row", "size_row", "columns"};
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    bool is_known = false;
    lua_pop(L, 1);
    const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : luaL_typename(L, -1);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
      is_known = is_known || strcmp(name, known[i]) == 0;
    if (!is_known && (target == NULL || strcmp(name, target) != 0))
      luaL_error(L, "field '%s': unknown option", name);
  }
}

static int64_t check_number(lua_State *L, int index, const char *name, int64_t least) {
  lua_Integer value = dm_lua_field_integer(L, index, name, least);
  if (value < least)
    luaL_error(L, "field '%s': %I (%I or more expected)", name, value, (lua_Integer)least);
  return value;
}

/* The options at argument `index`; `target` is the name of one more that is allowed, or NULL. */
static struct dm_csv_options check_options(lua_State *L, int index, const char *target) {
  struct dm_csv_options options = {.delimiter = ',', .names_row = -1, .size_row = -1};
  if (lua_isnoneornil(L, index))
    return options;
  luaL_checktype(L, index, LUA_TTABLE);
  check_names(L, index, target);
  const char *delimiter = dm_lua_field_string(L, index, "delimiter", ",");
  if (strlen(delimiter) != 1 || strchr("\"\r\n", *delimiter) != NULL)
    luaL_error(L, "field 'delimiter': one byte, not a quote or a line end, expected");
  options.delimiter = *delimiter;
  options.skip = (uint64_t)check_number(L, index, "skip", 0);
  options.names_row = check_number(L, index, "names_row", -1);
  options.size_row = check_number(L, index, "size_row", -1);
  options.columns = (size_t)check_number(L, index, "columns", 0);
  return options;
}

static struct dm_csv *check_reader(lua_State *L, int index) {
  struct dm_csv *csv = luaL_checkudata(L, index, READER);
  luaL_argcheck(L, csv->fd >= 0, index, "closed reader (open reader expected)");
  return csv;
}

/* Pushes a row as an array of strings. A new string may run finalizers, and these may close the reader or
 * read on, with success or without, which moves the row's bytes: `calls` tells. */
static void push_row(lua_State *L, const struct dm_csv *csv, const struct dm_csv_row *row) {
  const uint64_t calls = csv->calls;
  lua_createtable(L, (int)row->count, 0);
  for (size_t i = 0; csv->calls == calls && csv->fd >= 0 && i < row->count; i++) {
    lua_pushlstring(L, row->bytes + row->fields[i].start, row->fields[i].size);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  if (csv->calls != calls || csv->fd < 0)
    luaL_error(L, "reader used by a finalizer while it was in use");
}

/* Pushes the columns' names, nil without any. */
static void push_names(lua_State *L, const struct dm_csv *csv) {
  if (csv->names.count > 0)
    push_row(L, csv, &csv->names);
  else
    lua_pushnil(L);
}

/* csv.open(path, options) → reader, positioned on the first row of data, to-be-closed | nil, message, code:
 * "unknown" when missing, "format" when it is no file or a row of the options is not there. */
static int csv_open(lua_State *L) {
  struct dm_error err;
  const char *path = luaL_checkstring(L, 1);
  struct dm_csv_options options = check_options(L, 2, NULL);
  struct dm_csv *csv = lua_newuserdatauv(L, sizeof *csv, 0);
  *csv = (struct dm_csv){.fd = -1};
  luaL_setmetatable(L, READER);
  if (dm_csv_open(csv, path, &options, &err) != 0)
    return dm_lua_fail(L, &err);
  return 1;
}

/* reader:row() → array of strings | nil at the end | nil, message, "format": "PATH:LINE:COLUMN: …". After a
 * row with a wrong number of fields the next call gives the row behind it; after others it fails again. */
static int reader_row(lua_State *L) {
  struct dm_error err;
  struct dm_csv *csv = check_reader(L, 1);
  int status = dm_csv_next(csv, &err);
  if (status < 0)
    return dm_lua_fail(L, &err);
  if (status == 0)
    lua_pushnil(L);
  else
    push_row(L, csv, &csv->row);
  return 1;
}

/* Raises a failure of the world as a table of `message` and `code`: a loop has no other way to tell it from
 * the end. The failure's values lie on top of the stack. */
static int raise_failure(lua_State *L) {
  lua_createtable(L, 0, 2);
  lua_insert(L, -3);
  lua_setfield(L, -3, "code");
  lua_setfield(L, -2, "message");
  luaL_setmetatable(L, FAILURE);
  return lua_error(L);
}

static int failure_tostring(lua_State *L) {
  lua_getfield(L, 1, "message");
  return 1;
}

/* The iterator of reader:rows(). */
static int next_row(lua_State *L) {
  lua_settop(L, 1);
  return reader_row(L) == 1 ? 1 : raise_failure(L);
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
  push_names(L, check_reader(L, 1));
  return 1;
}

/* reader:close() → nothing: closes the file; closed is fine. Also by `<close>` and by the collector. */
static int reader_close(lua_State *L) {
  dm_csv_close(luaL_checkudata(L, 1, READER));
  return 0;
}

/* csv.rows(path, options) → as reader:rows() of csv.open, closed when the loop ends; raises as that does
 * where the file cannot be opened. */
static int csv_rows(lua_State *L) {
  lua_settop(L, 2);
  if (csv_open(L) != 1)
    return raise_failure(L);
  lua_pushcfunction(L, next_row);
  lua_insert(L, -2);
  lua_pushnil(L);
  lua_pushvalue(L, -2);
  return 4;
}

static int matrix_close(lua_State *L) {
  dm_csv_matrix_close(luaL_checkudata(L, 1, MATRIX));
  return 0;
}

/* Called between two pieces of a long read: where Ctrl-C set a hook, calling anything raises. */
static int look_up(lua_State *L) {
  (void)L;
  return 0;
}

static int read_all(lua_State *L, struct dm_csv_matrix *matrix, struct dm_error *err) {
  int status = 1;
  while ((status = dm_csv_matrix_read(matrix, ROWS_AT_ONCE, err)) > 0) {
    lua_pushcfunction(L, look_up);
    lua_call(L, 0, 0);
  }
  return status;
}

/* csv.matrix(path, options) → tensor (float64, rows × columns), names (array of strings, nil without
 * names_row), targets (tensor, float64; nil without target) | nil, message, code: as csv.open, and "format"
 * where a field is no number, rows differ in length, or the file's sizes are not those that it states. */
static int csv_matrix(lua_State *L) {
  struct dm_error err;
  const char *path = luaL_checkstring(L, 1);
  struct dm_csv_options options = check_options(L, 2, "target");
  const char *target = lua_istable(L, 2) ? dm_lua_field_string(L, 2, "target", NULL) : NULL;
  struct dm_csv_matrix *matrix = lua_newuserdatauv(L, sizeof *matrix, 0);
  *matrix = (struct dm_csv_matrix){.csv.fd = -1};
  luaL_setmetatable(L, MATRIX);
  if (dm_csv_matrix_open(matrix, path, &options, target, &err) != 0 || read_all(L, matrix, &err) != 0)
    return dm_lua_fail(L, &err);
  push_names(L, &matrix->csv);
  struct dm_tensor *targets = dm_lua_tensor_new(L);
  struct dm_tensor *values = dm_lua_tensor_new(L);
  if (dm_csv_matrix_finish(matrix, values, targets, &err) != 0)
    return dm_lua_fail(L, &err);
  dm_csv_matrix_close(matrix); /* the file, now and not when it is collected */
  dm_lua_tensor_account(L, values);
  lua_insert(L, -3);
  if (target == NULL) {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
  return 3;
}

DM_LUA_MODULE int luaopen_datamaestro_api_csv(lua_State *L);

int luaopen_datamaestro_api_csv(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"open", csv_open}, {"rows", csv_rows}, {"matrix", csv_matrix}, {NULL, NULL}};
  static const luaL_Reg reader[] = {{"__gc", reader_close}, {"__close", reader_close}, {NULL, NULL}};
  static const luaL_Reg matrix[] = {{"__gc", matrix_close}, {NULL, NULL}};
  static const luaL_Reg failure[] = {{"__tostring", failure_tostring}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"row", reader_row},
                                     {"rows", reader_rows},
                                     {"names", reader_names},
                                     {"close", reader_close},
                                     {NULL, NULL}};
  dm_lua_class(L, READER, reader, methods);
  dm_lua_class(L, MATRIX, matrix, NULL);
  dm_lua_class(L, FAILURE, failure, NULL);
  lua_getglobal(L, "require"); /* the class of the tensors */
  lua_pushliteral(L, "datamaestro.api.tensor");
  lua_call(L, 1, 0);
  luaL_newlib(L, functions);
  return 1;
}
