using System.Diagnostics;
using DirectorySync.AttributeMapping.V1;
using DirectorySync.Roles.V1;

namespace DirectorySync.Load.PipelineBench;

/// <summary>
/// SCIM writes at a steady rate, whatever the answers take, and how long after each 2xx the feeds of attribute-mapping and roles told of it.
/// Half of them change the title that a role follows from; the others are new users.
/// </summary>
internal sealed class LiveWrites(PipelineDirectory directory, int perSecond)
{
    private sealed record Write(string UserId, long Version, long Answered);

    /// <summary>Writes until the work has ended, and answers the latencies.</summary>
    public async Task<(Latency Profiles, Latency Roles)> WhileAsync(Task work)
    {
        await using var profiles = await FeedWatch<Profile>.StartAsync(
            directory.Stack, "attribute-mapping", profile => (profile.UserId, profile.UserVersion));
        await using var roles = await FeedWatch<UserRoles>.StartAsync(directory.Stack, "roles", user => (user.UserId, user.UserVersion));
        var writes = new List<Task<Write>>();
        var begin = Stopwatch.GetTimestamp();
        while (!work.IsCompleted)
        {
            while (writes.Count < Stopwatch.GetElapsedTime(begin).TotalSeconds * perSecond)
            {
                writes.Add(WriteAsync(writes.Count % 2 == 0));
            }

            await Task.Delay(1);
        }

        await work;
        var written = await Task.WhenAll(writes);
        return (await LatencyOfAsync(written, profiles), await LatencyOfAsync(written, roles));
    }

    private async Task<Write> WriteAsync(bool update)
    {
        var (id, version) = await (update ? directory.Work.PatchTitleAsync() : directory.Work.CreateAsync());
        return new(id, version, Stopwatch.GetTimestamp());
    }

    private static async Task<Latency> LatencyOfAsync<T>(IEnumerable<Write> writes, FeedWatch<T> watch)
        where T : Google.Protobuf.IMessage, new()
    {
        var times = new List<double>();
        foreach (var write in writes)
        {
            // What was told before the answer came took no time after it.
            var heard = await watch.HeardAsync(write.UserId, write.Version);
            times.Add(Math.Max(0, Stopwatch.GetElapsedTime(write.Answered, heard).TotalMilliseconds));
        }

        return Latency.Of(times);
    }
}
