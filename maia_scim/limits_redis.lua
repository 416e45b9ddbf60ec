-- A visit of one process to the limiter of an account, as a whole or not at all. Redis 5 or later.
--
-- Times are whole microseconds of redis' own clock: those of the clients do not matter.
--   state  hash: see the end
--   sent   sorted set: requests let go, by the time at which they count as sent
--   queue  sorted set: who waits, by the time that is planned for them
--   peers  sorted set: processes, by their last visit
local state, sent, queue, peers = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local read = 0
local function word()
  read = read + 1
  return ARGV[read]
end
local function number()
  return tonumber(word())
end

-- The process: its name; the epoch and the time it last saw, and how long ago that was; a name for a new epoch.
local me, my_epoch, seen, age, fresh = word(), word(), number(), number(), word()
-- The request, if there is one: its name; the time it was told, and in which epoch; whether it is paced.
local id, promised, promised_in, is_paced = word(), number(), word(), word() == '1'
-- What the service asked for, or 0; and the process's settings. Periods have the margin in them.
local shut, pace, leeway = number(), number(), number()
-- How long all are held up where this process went on without redis, so that the others can tell what they did.
local reunion = number()
local windows, longest, largest = {}, 0, 0
for i = 1, number() do
  local period, limit = number(), number()
  windows[i] = { period = period, limit = limit }
  longest, largest = math.max(longest, period), math.max(largest, limit)
end

local GRACE = 1000000 -- whoever is so late for a place is no longer planned around
local DAY = 86400000000

local held = redis.call('HMGET', state, 'epoch', 'birth', 'clock', 'gate', 'hold', 'paced', 'span', 'most')
local epoch, birth, clock = held[1], tonumber(held[2] or 0), tonumber(held[3] or 0)
local gate, hold, paced = tonumber(held[4] or 0), tonumber(held[5] or 0), held[6] == '1'
local span, most = math.max(longest, tonumber(held[7] or 0)), math.max(largest, tonumber(held[8] or 0))

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
if clock - now > span then
  -- Redis' clock was set back, by more than the log spans.
  redis.call('DEL', sent, queue, peers)
  epoch, gate, hold = false, now + math.max(0, gate - clock), 0
else
  now = math.max(now, clock)
end

-- Has redis forgotten something? A process that was here a moment ago must find its visit written down.
local moved = false
if not epoch then
  epoch, birth = fresh, now
end
if my_epoch ~= '' and age < span and tonumber(redis.call('ZSCORE', peers, me) or 0) < seen then
  if my_epoch == epoch then
    -- It came back with an older copy.
    epoch, birth = fresh, now
    redis.call('DEL', queue)
  end
  if birth + span > hold then
    hold, moved = birth + span, true
  end
end

local function trim(key, before)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. string.format('%.0f', before))
end
trim(sent, now - span)
trim(queue, now - GRACE)
trim(peers, now - span)
redis.call('ZADD', peers, now, me)

-- What was given back, and what was let go while redis was away.
for _ = 1, number() do
  local given = word()
  moved = redis.call('ZREM', queue, given) == 1 or moved
  redis.call('ZREM', sent, given)
end
local locals = number()
for _ = 1, locals do
  local name = word()
  redis.call('ZADD', sent, now - number(), name)
end
if locals > 0 then
  hold, moved = math.max(hold, now + reunion), true
end
if shut > 0 then
  gate, paced, moved = math.max(gate, now + shut), true, true
end
is_paced = is_paced or paced

-- The time of the n-th last of a sorted set, or nil.
local function back(key, n)
  return tonumber(redis.call('ZREVRANGE', key, n - 1, n - 1, 'WITHSCORES')[2])
end

-- When there is room behind those before; `before` gives the time of the n-th last of them.
local function room(before, spaced)
  local at = math.max(now, gate, hold)
  local last = before(1)
  if last then
    at = math.max(at, last + (spaced and pace or 0))
  end
  for _, window in ipairs(windows) do
    local first = before(window.limit)
    if first then
      at = math.max(at, first + window.period)
    end
  end
  return at
end

local function join()
  local waiting = redis.call('ZCARD', queue)
  local at = room(function(n)
    if n <= waiting then
      return back(queue, n)
    end
    return back(sent, n - waiting)
  end, is_paced)
  redis.call('ZADD', queue, at, id)
  return at
end

if moved then
  -- Plan anew for all who wait, in their order. The name of one that is paced ends in p.
  local log, turns = {}, redis.call('ZRANGE', queue, 0, -1)
  local gone = #turns > 0 and redis.call('ZREVRANGE', sent, 0, math.max(most, 1) - 1, 'WITHSCORES') or {}
  for i = #gone, 2, -2 do
    log[#log + 1] = tonumber(gone[i])
  end
  for _, turn in ipairs(turns) do
    local at = room(function(n)
      return log[#log - n + 1]
    end, paced or string.sub(turn, -1) == 'p')
    log[#log + 1] = at
    redis.call('ZADD', queue, at, turn)
  end
end

-- When what was sent, by now, leaves room for one more.
local function free()
  local at = now
  for _, window in ipairs(windows) do
    at = math.max(at, (back(sent, window.limit) or 0) + window.period)
  end
  if is_paced then
    at = math.max(at, (back(sent, 1) or 0) + math.floor(pace / 2))
  end
  return at
end

local wait, gated, at = 0, 0, 0
if id ~= '' then
  at = tonumber(redis.call('ZSCORE', queue, id))
  if not at then
    at = tonumber(redis.call('ZSCORE', sent, id))
    if at then
      redis.call('ZREM', sent, id) -- it was let go, but the answer got lost
    elseif promised_in == epoch and promised > 0 and promised <= now then
      at = promised -- a latecomer
    end
    if at then
      redis.call('ZADD', queue, at, id)
    else
      at = join()
    end
  end
  if now < gate then
    wait, gated = gate - now, 1
  elseif now < math.max(hold, at) then
    wait = math.max(hold, at) - now
  else
    wait = free() - now
    if wait > GRACE then
      redis.call('ZREM', queue, id)
      at = math.max(join(), now + wait)
      redis.call('ZADD', queue, at, id)
      wait = at - now
    elseif wait == 0 then
      redis.call('ZREM', queue, id)
      at = math.max(at, now - leeway)
      if most > 0 then
        redis.call('ZADD', sent, at, id)
        redis.call('ZREMRANGEBYRANK', sent, 0, -most - 1)
      end
    end
  end
end

redis.call('HSET', state, 'epoch', epoch, 'birth', birth, 'clock', now, 'gate', gate, 'hold', hold,
  'paced', paced and 1 or 0, 'span', span, 'most', most)
local function expire(key, after)
  redis.call('PEXPIRE', key, math.ceil(after / 1000) + 1000)
end
expire(state, DAY + math.max(0, gate - now))
expire(sent, span)
expire(queue, math.max(0, (back(queue, 1) or 0) - now) + GRACE)
expire(peers, span)
return { wait, gated, at, now, redis.call('ZCARD', peers), paced and 1 or 0, epoch }
