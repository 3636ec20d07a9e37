using DirectorySync.Kit;

namespace DirectorySync.Load.PipelineBench;

/// <summary>
/// How fast attribute-mapping and roles catch up with what SCIM wrote while both were stopped, one after the other. The rates are
/// told by the times of what they tell, without the first seconds, in which processes that have just started still compile what they run.
/// </summary>
internal sealed class CatchUp(PipelineDirectory directory)
{
    private const double Least = 5_000;
    private const int First = 10_000;

    private static readonly string[] Consumers = ["attribute-mapping", "roles"];

    /// <param name="name">What is written.</param>
    /// <param name="count">How many users it concerns, each once.</param>
    /// <param name="followers">Which services tell something of each.</param>
    /// <param name="write">Writes it.</param>
    public async Task<bool> RunAsync(string name, int count, string[] followers, Func<Task> write)
    {
        await Task.WhenAll(Consumers.Select(consumer => directory.Stack.StopAsync(consumer)));
        var before = new Dictionary<string, long>();
        foreach (var follower in followers)
        {
            before[follower] = await directory.Stack.QueryAsync(follower, "select coalesce(max(id), 0) from changes", row => row.GetInt64(0));
        }

        await write();
        var reached = true;
        foreach (var consumer in Consumers)
        {
            await directory.Stack.StartAgainAsync(consumer);
            if (!followers.Contains(consumer))
            {
                continue;
            }

            await Eventually.True(
                async () => await CountAsync(consumer, before[consumer]) >= count, TimeSpan.FromMinutes(5), $"{consumer} catches up with {name}");
            var rate = await RateAsync(consumer, before[consumer], count);
            reached &= rate > Least;
            PipelineBenchmark.Print(
                $"  {name,-14} {consumer,-18} {count:N0} at {rate:N0}/s, more than {Least:N0}/s: {PipelineBenchmark.Verdict(rate > Least)}");
        }

        return reached;
    }

    // Nothing else is told meanwhile; to count the rows would take as much of the machine as what is measured.
    private Task<long> CountAsync(string service, long after) => directory.Stack.QueryAsync(
        service, "select coalesce(max(id), 0) - $1 from changes", row => row.GetInt64(0), after);

    private Task<double> RateAsync(string service, long after, int count) => directory.Stack.QueryAsync(
        service,
        """
        select ($3 - $4) / extract(epoch from max(create_time) - (array_agg(create_time order by id))[$4])::double precision
        from changes where id > $1 and directory_id = $2
        """,
        row => row.GetDouble(0), after, directory.Id, count, First);
}
