namespace DirectorySync.Chassis.Cache;

/// <summary>
/// The compare-and-set steps, each atomic in Redis. A fence is the letter f, a count in two bytes, as many writers (a token of 16 bytes and
/// 13 digits of milliseconds), and the newest entry that one of its writers has settled while others were still under way.
/// </summary>
internal static class CacheScripts
{
    // Lua compares strings by the server's locale; a version is compared as a number.
    private const string Shared = """
        local function version(entry)
          local v = 0
          for i = 2, 9 do v = v * 256 + string.byte(entry, i) end
          return v
        end
        local function isfence(entry) return string.byte(entry, 1) == 102 end
        local function fence(writers, newest)
          local count = string.char(math.floor(#writers / 256), #writers % 256)
          return 'f' .. count .. table.concat(writers) .. newest
        end
        local function parse(entry)
          local writers, count = {}, string.byte(entry, 2) * 256 + string.byte(entry, 3)
          for i = 1, count do writers[i] = string.sub(entry, i * 29 - 25, i * 29 + 3) end
          return writers, string.sub(entry, count * 29 + 4)
        end
        local function without(writers, token)
          local rest = {}
          for _, writer in ipairs(writers) do
            if string.sub(writer, 1, 16) ~= token then rest[#rest + 1] = writer end
          end
          return rest, #rest < #writers
        end
        local old = redis.call('get', KEYS[1])

        """;

    /// <summary>
    /// What a reader found in PostgreSQL (ARGV: entry, milliseconds): never over a fence, nor over the same or a newer version.
    /// </summary>
    public const string Fill = Shared + """
        if old and (isfence(old) or version(old) >= version(ARGV[1])) then return 0 end
        redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
        return 1
        """;

    /// <summary>
    /// A writer begins (ARGV: token, milliseconds). It joins the writers that are there: who commits last is not known before all have
    /// ended. One that never ended is given up after that time; what it may have committed is not known, so neither is the newest.
    /// </summary>
    public const string Fence = Shared + """
        local time = redis.call('time')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local writers, newest = {}, ''
        if old and isfence(old) then
          local known, settled = parse(old)
          for _, writer in ipairs(known) do
            if tonumber(string.sub(writer, 17)) > now - tonumber(ARGV[2]) then writers[#writers + 1] = writer end
          end
          if #writers == #known then newest = settled end
        end
        writers[#writers + 1] = ARGV[1] .. string.format('%013d', now)
        redis.call('set', KEYS[1], fence(writers, newest), 'px', ARGV[2])
        return 1
        """;

    /// <summary>
    /// A writer has committed (ARGV: entry, milliseconds, token): over an older version or nothing; in a fence of which it is a writer it
    /// waits for the others, and the newest stays.
    /// </summary>
    public const string Settle = Shared + """
        if not old or (not isfence(old) and version(old) < version(ARGV[1])) then
          redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
          return 1
        end
        if not isfence(old) then return 0 end
        local writers, newest = parse(old)
        local rest, mine = without(writers, ARGV[3])
        if not mine then return 0 end
        if newest == '' or version(newest) < version(ARGV[1]) then newest = ARGV[1] end
        if #rest > 0 then redis.call('set', KEYS[1], fence(rest, newest), 'keepttl')
        else redis.call('set', KEYS[1], newest, 'px', ARGV[2]) end
        return 1
        """;

    /// <summary>
    /// A writer has given up (ARGV: milliseconds of a fence without writers, milliseconds of an entry, token). A fence without writers
    /// is not removed but left to end soon: it may stand where a version stood, and a reader that saw an older one in PostgreSQL may be
    /// about to fill.
    /// </summary>
    public const string Release = Shared + """
        if not old or not isfence(old) then return 0 end
        local writers, newest = parse(old)
        local rest, mine = without(writers, ARGV[3])
        if not mine then return 0 end
        if #rest > 0 then redis.call('set', KEYS[1], fence(rest, newest), 'keepttl')
        elseif newest ~= '' then redis.call('set', KEYS[1], newest, 'px', ARGV[2])
        else redis.call('set', KEYS[1], fence(rest, newest), 'px', ARGV[1]) end
        return 1
        """;
}
