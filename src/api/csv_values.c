/* The csv binding's functions that read columns rather than rows. */
#include "column_handle.h"
#include "csv_handle.h"
#include "lua_util.h"
#include "tensor_handle.h"

#define MATRIX "datamaestro.csv.matrix"
#define SURVEY "datamaestro.csv.survey"

static int look_up(lua_State *L) {
  (void)L;
  return 0;
}

void dm_lua_csv_look_up(lua_State *L) {
  lua_pushcfunction(L, look_up);
  lua_call(L, 0, 0);
}

static int matrix_close(lua_State *L) {
  dm_csv_matrix_close(luaL_checkudata(L, 1, MATRIX));
  return 0;
}

/* Pushes a table of numbers, opened with the path and the options at arguments 1 and 2, or fails. */
static struct dm_csv_matrix *open_matrix(lua_State *L, struct dm_error *err) {
  const char *path = luaL_checkstring(L, 1);
  struct dm_csv_options options = dm_lua_csv_options(L, 2, "target");
  const char *target = lua_istable(L, 2) ? dm_lua_field_string(L, 2, "target", NULL) : NULL;
  struct dm_csv_matrix *matrix = lua_newuserdatauv(L, sizeof *matrix, 1);
  *matrix = (struct dm_csv_matrix){.csv.fd = -1};
  luaL_setmetatable(L, MATRIX);
  lua_insert(L, -2);
  (void)lua_setiuservalue(L, -2, 1); /* the source */
  return dm_csv_matrix_open(matrix, path, &options, target, err) == 0 ? matrix : NULL;
}

static int read_all(lua_State *L, struct dm_csv_matrix *matrix, struct dm_error *err) {
  int status = 1;
  while ((status = dm_csv_matrix_read(matrix, DM_CSV_ROWS_AT_ONCE, err)) > 0)
    dm_lua_csv_look_up(L);
  return status;
}

/* Pushes values and targets (nil without a target), and tells the collector of them. */
static int push_tensors(lua_State *L, struct dm_csv_matrix *matrix, struct dm_error *err) {
  bool has_target = matrix->target != SIZE_MAX;
  struct dm_tensor *values = dm_lua_tensor_new(L);
  struct dm_tensor *targets = dm_lua_tensor_new(L);
  if (dm_csv_matrix_finish(matrix, values, targets, err) != 0)
    return -1;
  dm_lua_tensor_account(L, values);
  if (!has_target) {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
  return 0;
}

/* csv.matrix(path, options) → tensor (float64, rows × columns), names (array of strings, nil without
 * names_row), targets (tensor, float64; nil without target) | nil, message, code: as csv.open, and "format"
 * where a field is no number, rows differ in length, or the file's sizes are not those that it states. */
static int csv_matrix(lua_State *L) {
  struct dm_error err;
  lua_settop(L, 2);
  struct dm_csv_matrix *matrix = open_matrix(L, &err);
  if (matrix == NULL || read_all(L, matrix, &err) != 0)
    return dm_lua_fail(L, &err);
  dm_lua_csv_names(L, &matrix->csv);
  if (push_tensors(L, matrix, &err) != 0)
    return dm_lua_fail(L, &err);
  dm_csv_matrix_close(matrix); /* the file, now and not when it is collected */
  lua_rotate(L, -3, -1);       /* names, values, targets → values, targets, names */
  lua_insert(L, -2);
  return 3;
}

/* The iterator of csv.batches: the size is upvalue 1, the table is argument 1. */
static int next_batch(lua_State *L) {
  struct dm_error err;
  struct dm_csv_matrix *matrix = luaL_checkudata(L, 1, MATRIX);
  luaL_argcheck(L, matrix->csv.path != NULL, 1, "closed table (open table expected)");
  size_t left = (size_t)lua_tointeger(L, lua_upvalueindex(1));
  int status = 1;
  while (left > 0 && status > 0) {
    size_t rows = left < DM_CSV_ROWS_AT_ONCE ? left : DM_CSV_ROWS_AT_ONCE;
    status = dm_csv_matrix_read(matrix, rows, &err);
    left -= rows;
    dm_lua_csv_look_up(L);
    luaL_argcheck(L, matrix->csv.path != NULL, 1, "table closed by a finalizer while it was in use");
  }
  if (status >= 0 && matrix->rows == 0) {
    lua_pushnil(L);
    return 1;
  }
  if (status < 0 || push_tensors(L, matrix, &err) != 0) {
    (void)dm_lua_fail(L, &err);
    return dm_lua_raise(L);
  }
  return 2;
}

/* csv.batches(path, options, rows) → iterator of tensor (float64, rows × columns), targets (tensor, float64;
 * nil without target), `rows` rows each, the last one perhaps fewer; closed when the loop ends. Raises a
 * table of `message` and `code` where csv.matrix fails. */
static int csv_batches(lua_State *L) {
  struct dm_error err;
  lua_Integer rows = luaL_checkinteger(L, 3);
  luaL_argcheck(L, rows > 0, 3, "number of rows, 1 or more, expected");
  if (open_matrix(L, &err) == NULL) {
    (void)dm_lua_fail(L, &err);
    return dm_lua_raise(L);
  }
  lua_pushinteger(L, rows);
  lua_pushcclosure(L, next_batch, 1);
  lua_insert(L, -2);
  lua_pushnil(L);
  lua_pushvalue(L, -2);
  return 4;
}

static int survey_close(lua_State *L) {
  dm_csv_survey_close(luaL_checkudata(L, 1, SURVEY));
  return 0;
}

static int read_survey(lua_State *L, struct dm_csv_survey *survey, struct dm_error *err) {
  int status = 1;
  while ((status = dm_csv_survey_read(survey, DM_CSV_ROWS_AT_ONCE, err)) > 0)
    dm_lua_csv_look_up(L);
  return status;
}

/* csv.survey(path, options) → rows (integer), array of tables `type count missing distinct exact min max mean
 * longest` (as in column_handle.h), one a column, names (array of strings | nil) | nil, message, code: reads
 * all, in bounded memory. */
static int csv_survey(lua_State *L) {
  struct dm_error err;
  const char *path = luaL_checkstring(L, 1);
  lua_settop(L, 2);
  struct dm_csv_options options = dm_lua_csv_options(L, 2, NULL);
  struct dm_csv_survey *survey = lua_newuserdatauv(L, sizeof *survey, 0);
  *survey = (struct dm_csv_survey){.csv.fd = -1};
  luaL_setmetatable(L, SURVEY);
  if (dm_csv_survey_open(survey, path, &options, &err) != 0 || read_survey(L, survey, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushinteger(L, (lua_Integer)survey->rows);
  lua_createtable(L, (int)survey->count, 0);
  for (size_t i = 0; i < survey->count; i++) {
    dm_lua_column_push(L, &survey->columns[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  dm_lua_csv_names(L, &survey->csv);
  dm_csv_survey_close(survey);
  return 3;
}

const luaL_Reg dm_lua_csv_values[] = {
    {"matrix", csv_matrix}, {"batches", csv_batches}, {"survey", csv_survey}, {NULL, NULL}};

void dm_lua_csv_classes(lua_State *L) {
  static const luaL_Reg matrix[] = {{"__gc", matrix_close}, {"__close", matrix_close}, {NULL, NULL}};
  static const luaL_Reg survey[] = {{"__gc", survey_close}, {NULL, NULL}};
  dm_lua_class(L, MATRIX, matrix, NULL);
  dm_lua_class(L, SURVEY, survey, NULL);
}
