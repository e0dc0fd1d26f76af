/* The lines binding's reader of JSON: a value a line. */
#include <inttypes.h>

#include "datamaestro/json.h"
#include "lines_handle.h"
#include "lua_util.h"

enum { SHAPES_MAXIMUM = 1000 /* orders of keys that are remembered at a time */ };

/* Gives the reader on top of the stack what it makes tables with: the arguments `make` and the next one. */
static void set_makers(lua_State *L, int make) {
  lua_newtable(L);
  (void)lua_setiuservalue(L, -2, DM_LINES_SHAPES);
  lua_pushvalue(L, make);
  (void)lua_setiuservalue(L, -2, DM_LINES_MAKE);
  lua_pushvalue(L, make + 1);
  (void)lua_setiuservalue(L, -2, DM_LINES_EMPTY);
}

/* lines.json(path, options, make, empty) → reader of JSON values, a line each, as lines.open. `make(keys)`
 * gives the metatable of an object whose keys stood in that order (array of strings; objects alike get the
 * same one); `empty` is the metatable of arrays without items. */
static int lines_json(lua_State *L) {
  luaL_checktype(L, 3, LUA_TFUNCTION);
  luaL_checktype(L, 4, LUA_TTABLE);
  lua_settop(L, 4);
  int count = dm_lua_lines_open(L, DM_LUA_JSON);
  if (count != 1)
    return count;
  set_makers(L, 3);
  return 1;
}

static int push_value(lua_State *L, struct dm_json *json, enum dm_json_event event);

static int push_array(lua_State *L, struct dm_json *json) {
  enum dm_json_event event = DM_JSON_END;
  lua_Integer count = 0;
  lua_newtable(L);
  while ((event = dm_json_next(json)) != DM_JSON_ARRAY_END) {
    if (push_value(L, json, event) != 0)
      return -1;
    lua_rawseti(L, -2, ++count);
  }
  if (count == 0) {
    (void)lua_getiuservalue(L, 1, DM_LINES_EMPTY);
    (void)lua_setmetatable(L, -2);
  }
  return 0;
}

/* Sets the metatable of the table below the array of keys on top of the stack, which it takes. What is the
 * same for many rows is made once: the keys' lengths and bytes name it. */
static void set_shape(lua_State *L, lua_Integer count) {
  luaL_Buffer name;
  const int keys = lua_gettop(L);
  luaL_buffinit(L, &name);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_rawgeti(L, keys, i);
    size_t size = lua_rawlen(L, -1);
    luaL_addvalue(&name);
    luaL_addlstring(&name, (const char *)&size, sizeof size);
  }
  luaL_pushresult(&name);
  (void)lua_getiuservalue(L, 1, DM_LINES_SHAPES);
  lua_pushvalue(L, -2);
  if (lua_rawget(L, -2) == LUA_TNIL) {
    (void)lua_getiuservalue(L, 1, DM_LINES_MAKE);
    lua_pushvalue(L, keys);
    lua_call(L, 1, 1);
    lua_pushvalue(L, keys + 1);
    lua_pushvalue(L, -2);
    lua_rawset(L, keys + 2);
    lua_Integer known = 0;
    lua_rawgeti(L, keys + 2, 0);
    known = lua_tointeger(L, -1) + 1;
    lua_pop(L, 1);
    if (known > SHAPES_MAXIMUM) { /* as many orders as rows: none is worth keeping */
      lua_newtable(L);
      (void)lua_setiuservalue(L, 1, DM_LINES_SHAPES);
    } else {
      lua_pushinteger(L, known);
      lua_rawseti(L, keys + 2, 0);
    }
  }
  (void)lua_setmetatable(L, keys - 1);
  lua_settop(L, keys - 1);
}

static int push_object(lua_State *L, struct dm_json *json) {
  enum dm_json_event event = DM_JSON_END;
  lua_Integer count = 0;
  lua_newtable(L);
  lua_newtable(L); /* its keys in order */
  while ((event = dm_json_next(json)) == DM_JSON_KEY) {
    lua_pushlstring(L, json->string, json->string_size);
    lua_pushvalue(L, -1);
    bool is_new = lua_rawget(L, -4) == LUA_TNIL;
    lua_pop(L, 1);
    if (is_new) { /* of a key that stands twice the last value counts, at the first one's place */
      lua_pushvalue(L, -1);
      lua_rawseti(L, -3, ++count);
    }
    if (push_value(L, json, dm_json_next(json)) != 0)
      return -1;
    lua_rawset(L, -4);
  }
  if (event != DM_JSON_OBJECT_END)
    return -1;
  set_shape(L, count);
  return 0;
}

/* Pushes the value that begins with an event; -1 where the text is wrong, with anything on the stack. */
static int push_value(lua_State *L, struct dm_json *json, enum dm_json_event event) {
  luaL_checkstack(L, LUA_MINSTACK, "nested JSON");
  switch (event) {
  case DM_JSON_NULL:
    lua_pushlightuserdata(L, NULL);
    return 0;
  case DM_JSON_FALSE:
  case DM_JSON_TRUE:
    lua_pushboolean(L, event == DM_JSON_TRUE);
    return 0;
  case DM_JSON_INTEGER:
    lua_pushinteger(L, json->integer);
    return 0;
  case DM_JSON_REAL:
    lua_pushnumber(L, json->real);
    return 0;
  case DM_JSON_STRING:
    lua_pushlstring(L, json->string, json->string_size);
    return 0;
  case DM_JSON_ARRAY:
    return push_array(L, json);
  case DM_JSON_OBJECT:
    return push_object(L, json);
  default:
    return -1;
  }
}

static int fail_json(const struct dm_lua_lines *reader, const struct dm_json *json, struct dm_error *err) {
  const char *path = reader->lines.path != NULL ? reader->lines.path : "closed"; /* by a finalizer */
  return dm_error_set(err, DM_ERROR_FORMAT, "%s:%" PRIu64 ":%zu: %s", path, reader->lines.line,
                      json->problem_at + 1, json->problem != NULL ? json->problem : "no JSON value");
}

static bool is_blank(const struct dm_line *line) {
  for (size_t i = 0; i < line->size; i++)
    if (line->bytes[i] != ' ' && line->bytes[i] != '\t' && line->bytes[i] != '\r')
      return false;
  return true;
}

/* Reads on to a line with something in it: a copy of it, and one more byte, is in `reader->copy`. */
static int next_json(struct dm_lua_lines *reader, struct dm_line *line, struct dm_error *err) {
  int status = 1;
  do
    status = dm_lines_next(&reader->lines, line, err);
  while (status > 0 && is_blank(line));
  if (status <= 0)
    return status;
  reader->copy.size = 0;
  dm_text_put(&reader->copy, line->bytes, line->size);
  dm_text_put(&reader->copy, "", 1);
  return reader->copy.failed ? dm_error_set(err, DM_ERROR, "%s: not enough memory", reader->lines.path) : 1;
}

/* reader:row() → the next line's value | nil at the end | nil, message, "format": "PATH:LINE:COLUMN: …", the
 * column in bytes; the next call then gives the line behind it. Objects are tables whose pairs keep the order
 * of the text, arrays tables from 1 on, null is json.null; numbers without point and exponent are integers
 * where 64 bits hold them. Lines of spaces are left out. */
static int json_row(lua_State *L) {
  struct dm_error err;
  struct dm_line line;
  struct dm_json json;
  struct dm_lua_lines *reader = dm_lua_lines_check(L, DM_LUA_JSON);
  int status = next_json(reader, &line, &err);
  if (status == 0) {
    lua_pushnil(L);
    return 1;
  }
  if (status < 0)
    return dm_lua_fail(L, &err);
  const struct dm_text own =
      reader->copy; /* a finalizer may read on meanwhile; an error raised here leaks it */
  reader->copy = (struct dm_text){.bytes = NULL};
  lua_settop(L, 1);
  dm_json_start(&json, own.bytes, own.size - 1);
  bool is_right = push_value(L, &json, dm_json_next(&json)) == 0 && dm_json_next(&json) == DM_JSON_END;
  dm_text_close(&reader->copy);
  reader->copy = own;
  if (is_right)
    return 1;
  (void)fail_json(reader, &json, &err);
  return dm_lua_fail(L, &err);
}

/* Where in a text of several lines something is wrong; `text` is as it came. */
static int fail_text(const char *text, const char *name, const struct dm_json *json, struct dm_error *err) {
  size_t line = 1;
  size_t begin = 0;
  for (size_t i = 0; i < json->problem_at; i++)
    if (text[i] == '\n') {
      line++;
      begin = i + 1;
    }
  return dm_error_set(err, DM_ERROR_FORMAT, "%s:%zu:%zu: %s", name, line, json->problem_at - begin + 1,
                      json->problem != NULL ? json->problem : "no JSON value");
}

/* lines.value(text, name, make, empty) → the value of a JSON text, as reader:row and lines.json say it | nil,
 * message, "format": "NAME:LINE:COLUMN: …". */
static int lines_value(lua_State *L) {
  struct dm_error err;
  struct dm_json json;
  size_t size = 0;
  const char *text = luaL_checklstring(L, 1, &size);
  const char *name = luaL_checkstring(L, 2);
  luaL_checktype(L, 3, LUA_TFUNCTION);
  luaL_checktype(L, 4, LUA_TTABLE);
  struct dm_lua_lines *reader = lua_newuserdatauv(L, sizeof *reader, DM_LINES_EMPTY);
  *reader = (struct dm_lua_lines){.lines.path = NULL};
  luaL_setmetatable(L, DM_LUA_JSON);
  set_makers(L, 3);
  lua_insert(L, 1); /* where the functions that push look for it */
  dm_text_put(&reader->copy, text, size);
  dm_text_put(&reader->copy, "", 1);
  if (reader->copy.failed)
    return luaL_error(L, "not enough memory");
  dm_json_start(&json, reader->copy.bytes, size);
  if (push_value(L, &json, dm_json_next(&json)) == 0 && dm_json_next(&json) == DM_JSON_END)
    return 1;
  (void)fail_text(text, name, &json, &err);
  return dm_lua_fail(L, &err);
}

static int next_row(lua_State *L) {
  lua_settop(L, 1);
  return json_row(L) == 1 ? 1 : dm_lua_raise(L);
}

/* reader:rows() → iterator of reader:row(), closed when its loop ends; raises a table of `message` and `code`
 * where that fails. */
static int json_rows(lua_State *L) {
  (void)dm_lua_lines_check(L, DM_LUA_JSON);
  lua_settop(L, 1);
  return dm_lua_lines_loop(L, next_row);
}

/* reader:text(count) → string, integer: the next values as the lines that they stand on, checked, `count` at
 * most but no more than some 64 KiB, and how many they are; 0 at the end | nil, message, "format", string:
 * what was read before. */
static int json_text(lua_State *L) {
  struct dm_error err;
  struct dm_line line;
  struct dm_json json;
  struct dm_lua_lines *reader = dm_lua_lines_check(L, DM_LUA_JSON);
  lua_Integer limit = luaL_checkinteger(L, 2);
  lua_Integer count = 0;
  int status = 1;
  while (count < limit && reader->text.size < DM_LINES_TEXT &&
         (status = next_json(reader, &line, &err)) > 0) {
    enum dm_json_event event = DM_JSON_NULL;
    dm_json_start(&json, reader->copy.bytes, reader->copy.size - 1);
    while ((event = dm_json_next(&json)) != DM_JSON_END && event != DM_JSON_WRONG)
      ;
    if (event == DM_JSON_WRONG) {
      status = fail_json(reader, &json, &err);
      break;
    }
    dm_text_put(&reader->text, line.bytes, line.size);
    dm_text_put(&reader->text, "\n", 1);
    count++;
  }
  return dm_lua_lines_gathered(L, reader, status, count, &err);
}

/* reader:skip and reader:close are those of lines. */
const luaL_Reg dm_lua_json_functions[] = {{"json", lines_json}, {"value", lines_value}, {NULL, NULL}};
const luaL_Reg dm_lua_json_methods[] = {
    {"row", json_row},           {"rows", json_rows},           {"text", json_text},
    {"skip", dm_lua_lines_skip}, {"close", dm_lua_lines_close}, {NULL, NULL}};
