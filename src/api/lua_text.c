/* Module datamaestro.api.text: values as text for other programs, and what there is to say of many values. */
#include "datamaestro/text.h"

#include "column_handle.h"
#include "lua_util.h"
#include "tensor_handle.h"

#define TEXT "datamaestro.text"
#define COLUMN "datamaestro.column"

static int text_close(lua_State *L) {
  dm_text_close(luaL_checkudata(L, 1, TEXT));
  return 0;
}

/* Pushes an empty buffer that the collector frees whatever comes. */
static struct dm_text *new_text(lua_State *L) {
  struct dm_text *text = lua_newuserdatauv(L, sizeof *text, 0);
  *text = (struct dm_text){.bytes = NULL};
  luaL_setmetatable(L, TEXT);
  return text;
}

static int push_text(lua_State *L, struct dm_text *text) {
  if (text->failed)
    return luaL_error(L, "not enough memory");
  lua_pushlstring(L, text->bytes, text->size);
  dm_text_close(text);
  return 1;
}

/* text.tensor(tensor, form) → string: the parts along the first dimension, a line each, as "jsonl" (numbers
 * or nested arrays; infinities and NaN are null) or "csv" (all numbers of a part side by side). */
static int text_tensor(lua_State *L) {
  static const char *const forms[] = {"csv", "jsonl", NULL};
  int form = luaL_checkoption(L, 2, NULL, forms);
  const struct dm_tensor *tensor = dm_lua_tensor_hold(L, 1);
  struct dm_text *text = new_text(L);
  dm_text_tensor(text, tensor, form == 1);
  return push_text(L, text);
}

/* text.json(string) → string: as JSON writes it. Bytes that are not UTF-8 become `\udcNN`. */
static int text_json(lua_State *L) {
  size_t size = 0;
  const char *bytes = luaL_checklstring(L, 1, &size);
  struct dm_text *text = new_text(L);
  dm_text_json_string(text, bytes, size);
  return push_text(L, text);
}

/* text.field(string, alone) → string: as a field of CSV, in quotes where need be; `alone` (boolean): as the
 * only one of its row. */
static int text_field(lua_State *L) {
  size_t size = 0;
  const char *bytes = luaL_checklstring(L, 1, &size);
  struct dm_text *text = new_text(L);
  dm_text_csv_field(text, bytes, size, lua_toboolean(L, 2));
  return push_text(L, text);
}

static int column_close(lua_State *L) {
  dm_column_close(luaL_checkudata(L, 1, COLUMN));
  return 0;
}

/* text.column() → column, empty: takes values one after another and says what they were. */
static int text_column(lua_State *L) {
  struct dm_column *column = lua_newuserdatauv(L, sizeof *column, 0);
  *column = (struct dm_column){.hashes = NULL};
  luaL_setmetatable(L, COLUMN);
  return 1;
}

static int check_done(lua_State *L, int status, const struct dm_error *err) {
  return status == 0 ? 0 : luaL_error(L, "%s", err->message);
}

/* column:add(value) → nothing: a number (NaN is missing), a string (a text, whatever it looks like), or nil
 * and light userdata such as JSON's null (missing). */
static int column_add(lua_State *L) {
  struct dm_error err;
  size_t size = 0;
  struct dm_column *column = luaL_checkudata(L, 1, COLUMN);
  int type = lua_type(L, 2);
  if (type == LUA_TNUMBER)
    return check_done(L, dm_column_number(column, lua_tonumber(L, 2), lua_isinteger(L, 2), &err), &err);
  if (type == LUA_TNIL || type == LUA_TLIGHTUSERDATA) {
    dm_column_missing(column);
    return 0;
  }
  const char *bytes = luaL_checklstring(L, 2, &size);
  return check_done(L, dm_column_text(column, bytes, size, &err), &err);
}

/* column:add_tensor(tensor) → nothing: all its elements. */
static int column_add_tensor(lua_State *L) {
  struct dm_error err;
  struct dm_column *column = luaL_checkudata(L, 1, COLUMN);
  return check_done(L, dm_column_tensor(column, dm_lua_tensor_hold(L, 2), &err), &err);
}

/* column:result() → table: type, count, missing, distinct, exact, min, max, mean, longest, as in
 * column_handle.h. */
static int column_result(lua_State *L) {
  dm_lua_column_push(L, luaL_checkudata(L, 1, COLUMN));
  return 1;
}

/* text.classes(tensor) → array of {value, count}, ascending, of a tensor of integers | nil: with over 1000
 * different ones. */
static int text_classes(lua_State *L) {
  const struct dm_tensor *tensor = dm_lua_tensor_hold(L, 1);
  luaL_argcheck(L, dm_dtype_is_integer(tensor->dtype), 1, "tensor of integers expected");
  struct dm_classes *classes = lua_newuserdatauv(L, sizeof *classes, 0);
  dm_classes_count(classes, tensor);
  if (classes->count > DM_CLASSES_MAXIMUM) {
    lua_pushnil(L);
    return 1;
  }
  lua_createtable(L, (int)classes->count, 0);
  for (size_t i = 0; i < classes->count; i++) {
    lua_createtable(L, 2, 0);
    lua_pushinteger(L, classes->values[i]);
    lua_rawseti(L, -2, 1);
    lua_pushinteger(L, (lua_Integer)classes->counts[i]);
    lua_rawseti(L, -2, 2);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

DM_LUA_MODULE int luaopen_datamaestro_api_text(lua_State *L);

int luaopen_datamaestro_api_text(lua_State *L) {
  static const luaL_Reg functions[] = {{"tensor", text_tensor},   {"json", text_json},
                                       {"field", text_field},     {"column", text_column},
                                       {"classes", text_classes}, {NULL, NULL}};
  static const luaL_Reg text[] = {{"__gc", text_close}, {NULL, NULL}};
  static const luaL_Reg column[] = {{"__gc", column_close}, {"__close", column_close}, {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"add", column_add}, {"add_tensor", column_add_tensor}, {"result", column_result}, {NULL, NULL}};
  dm_lua_class(L, TEXT, text, NULL);
  dm_lua_class(L, COLUMN, column, methods);
  lua_getglobal(L, "require"); /* the class of the tensors */
  lua_pushliteral(L, "datamaestro.api.tensor");
  lua_call(L, 1, 0);
  luaL_newlib(L, functions);
  return 1;
}
