#include "rewrite_fields.h"

#include <string.h>

enum { RULES_MAXIMUM = 1000, RULE_SLOTS = 3 };

/* Pushes a field of the rule at `rule`; NULL, and nil, when it has none. */
static const char *push_text(lua_State *L, int rule, const char *name) {
  int type = lua_getfield(L, rule, name);
  if (type == LUA_TNIL)
    return NULL;
  const char *text = type == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
  if (text == NULL || strlen(text) != lua_rawlen(L, -1))
    luaL_error(L, "field 'lines': '%s': %s (string without zero bytes expected)", name, luaL_typename(L, -1));
  return text;
}

static struct dm_rewrite_rule check_rule(lua_State *L, int table, lua_Integer i) {
  if (lua_rawgeti(L, table, i) != LUA_TTABLE)
    luaL_error(L, "field 'lines': %s (array of {replace =, with =} and {filter =} expected)",
               luaL_typename(L, -1));
  int rule = lua_gettop(L);
  const char *filter = push_text(L, rule, "filter");
  const char *replace = push_text(L, rule, "replace");
  const char *with = push_text(L, rule, "with");
  if ((filter == NULL) == (replace == NULL) || (replace == NULL) != (with == NULL))
    luaL_error(L, "field 'lines': rule %I ({replace =, with =} or {filter =} expected)", (LUAI_UACINT)i);
  lua_remove(L, rule);
  return (struct dm_rewrite_rule){.pattern = filter != NULL ? filter : replace, .with = with};
}

const struct dm_rewrite_rule *dm_lua_rewrite_rules(lua_State *L, int index, size_t *count) {
  *count = 0;
  luaL_checkstack(L, LUA_MINSTACK, "lines");
  int type = lua_getfield(L, index, "lines");
  if (type == LUA_TNIL)
    return NULL;
  if (type != LUA_TTABLE)
    luaL_error(L, "field 'lines': %s (array of {replace =, with =} and {filter =} expected)",
               luaL_typename(L, -1));
  int table = lua_gettop(L);
  size_t size = lua_rawlen(L, table);
  if (size > RULES_MAXIMUM)
    luaL_error(L, "field 'lines': %I rules (%d at most expected)", (LUAI_UACINT)size, RULES_MAXIMUM);
  luaL_checkstack(L, (int)size * RULE_SLOTS + LUA_MINSTACK, "lines");
  struct dm_rewrite_rule *rules = lua_newuserdatauv(L, (size + 1) * sizeof *rules, 0);
  for (size_t i = 0; i < size; i++)
    rules[i] = check_rule(L, table, (lua_Integer)i + 1);
  *count = size;
  return rules;
}
