--- `datamaestro agree ID…`
local agreements = require "datamaestro.engine.agreements"
local terms = require "datamaestro.cli.terms"
local text = require "datamaestro.text"

local function ordered(json, pairs_list)
  local object = json.object()
  for _, pair in ipairs(pairs_list) do
    json.set(object, pair[1], pair[2])
  end
  return object
end

-- --- What is recorded -------------------------------------------------------------------------------

local function list(session)
  local found, message, code = agreements.list()
  if not found then
    return nil, message, code
  end
  local json = require "datamaestro.json"
  local rows = json.array {}
  for i, one in ipairs(found) do
    rows[i] = ordered(json, { { "id", one.id }, { "hash", one.hash }, { "date", one.date } })
    if not session.json then
      session:print(text.line(one.hash and ("%s  %s  %s"):format(one.id, one.date, one.hash)
        or one.id .. "  by the Python program, which does not record the text"))
    end
  end
  if session.json then
    session:print_json(rows)
  end
  return true
end

-- Ids are those of terms, as they are listed, or of datasets, whose terms all are meant.
local function withdraw(session, ids)
  local recorded, message, code = agreements.list()
  if not recorded then
    return nil, message, code
  end
  local known, wanted = {}, {}
  for _, one in ipairs(recorded) do
    known[one.id] = true
  end
  for _, id in ipairs(ids) do
    local dataset = not known[id] and session:registry():find(id) or nil
    local before = #wanted
    for _, one in ipairs(dataset and dataset.agreements or {}) do
      wanted[#wanted + 1] = known[one.id] and one.id or nil
    end
    if #wanted == before then
      wanted[#wanted + 1] = id
    end
  end
  local done
  done, message, code = agreements.withdraw(wanted)
  return done, message, code
end

-- --- Datasets ---------------------------------------------------------------------------------------

-- The agreements that a given hash means.
local function named(found, given)
  local list_of_hash = {}
  for _, one in ipairs(found) do
    if agreements.is_hash(given, one.hash) then
      list_of_hash[#list_of_hash + 1] = one
    end
  end
  return list_of_hash
end

local function wrong_hash(given, found)
  local expected = {}
  for i, one in ipairs(found) do
    expected[i] = ("%s of '%s'"):format(one.hash, one.id)
  end
  return nil, ("--hash: '%s' is not that of the terms as they are now (%s expected, or 12 digits of it or "
    .. "more)"):format(given:sub(1, 80), table.concat(expected, " or ")), "usage"
end

local function accept(session, found, hashes)
  local accepted = {}
  for _, given in ipairs(hashes) do
    local meant = named(found, given)
    if #meant == 0 then
      return wrong_hash(given, found)
    end
    table.move(meant, 1, #meant, #accepted + 1, accepted)
  end
  local recorded, message, code = agreements.record(accepted)
  if not recorded then
    return nil, message, code
  end
  for _, one in ipairs(accepted) do
    session:progress():note(("accepted: %s (sha256 %s)"):format(text.line(one.id), one.hash))
  end
  return true
end

local function print_json(session, found)
  local json = require "datamaestro.json"
  local rows = json.array {}
  for i, one in ipairs(found) do
    rows[i] = ordered(json, { { "id", one.id }, { "datasets", json.array(one.datasets) },
      { "hash", one.hash }, { "accepted", one.accepted }, { "date", one.date }, { "text", one.text },
      { "command", terms.command(one) } })
  end
  session:print_json(rows)
end

local function print_text(session, found)
  for i, one in ipairs(found) do
    session:say((i > 1 and "\n" or "") .. terms.heading(one))
    session:print("\n" .. terms.text(one) .. "\n")
    session:print("sha256 " .. one.hash)
    session:print(one.date and "accepted " .. one.date or one.accepted and "accepted by DATAMAESTRO_AGREE"
      or "not accepted")
  end
end

local function show(session, found, missing, ids)
  if session.json then
    print_json(session, found)
  elseif #found == 0 then
    session:say(text.line(table.concat(ids, ", ") .. ": no terms to accept"))
  elseif #missing > 0 and terms.can_ask() then
    return terms.ask(session, missing)
  else
    print_text(session, found)
  end
  if #missing > 0 then
    return terms.refusal(missing, true)
  end
  return true
end

local function agree(session, arguments)
  local datasets, message, code = session:find_all(arguments.ids)
  local found, missing
  if datasets then
    datasets, message, code = session:with_references(datasets)
  end
  if datasets then
    found, message, code = agreements.of(datasets)
  end
  if found then
    missing, message, code = terms.missing(session, datasets)
  end
  if not missing then
    return nil, message, code
  elseif #arguments.hash > 0 and #found > 0 then
    return accept(session, found, arguments.hash)
  end
  return show(session, found, missing, arguments.ids)
end

return {
  summary = "Show the terms of use of datasets, and accept them.",
  configure = function(parser)
    parser:argument("ids", "The datasets' ids, as `search` shows them."):argname("ID"):args "*"
    parser:option("--hash", "Accept the terms of this hash, without a question (repeatable).")
      :argname("HASH"):count "*"
    parser:flag("--list", "List what was accepted.")
    parser:flag("--withdraw", "Forget that the terms of these datasets, or these of the list, were accepted.")
  end,
  run = function(session, arguments)
    if arguments.list then
      if #arguments.ids > 0 or arguments.withdraw or #arguments.hash > 0 then
        return nil, "--list: other arguments (none expected)", "usage"
      end
      return list(session)
    elseif #arguments.ids == 0 then
      return nil, "agree: no ID (one or more, or --list, expected)", "usage"
    elseif arguments.withdraw then
      return withdraw(session, arguments.ids)
    end
    return agree(session, arguments)
  end,
}
