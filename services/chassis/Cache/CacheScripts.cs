namespace DirectorySync.Chassis.Cache;

/// <summary>The compare-and-set steps, each atomic in Redis.</summary>
internal static class CacheScripts
{
    // Lua compares strings by the server's locale; the version is compared as a number.
    private const string Version = """
        local function version(entry)
          local v = 0
          for i = 2, 9 do v = v * 256 + string.byte(entry, i) end
          return v
        end
        local function isfence(entry) return string.byte(entry, 1) == 102 end
        local old = redis.call('get', KEYS[1])

        """;

    /// <summary>What a reader found in PostgreSQL (ARGV: entry, milliseconds): never over a fence, nor over the same or a newer version.</summary>
    public const string Fill = Version + """
        if old and (isfence(old) or version(old) >= version(ARGV[1])) then return 0 end
        redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
        return 1
        """;

    /// <summary>
    /// What a writer committed (ARGV: entry, milliseconds, its fence): over its own fence, an older version or nothing. Another's fence
    /// stays: that writer may commit after this one.
    /// </summary>
    public const string Settle = Version + """
        if old and old ~= ARGV[3] and (isfence(old) or version(old) >= version(ARGV[1])) then return 0 end
        redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
        return 1
        """;

    /// <summary>
    /// A fence whose writer gave up (ARGV: milliseconds, its fence). It is not removed but left to end soon: it may stand where a
    /// newer version stood, and a reader that saw an older one in PostgreSQL may still be about to fill.
    /// </summary>
    public const string Release = """
        if redis.call('get', KEYS[1]) == ARGV[2] then return redis.call('pexpire', KEYS[1], ARGV[1]) end
        return 0
        """;
}
