using System.Text.RegularExpressions;
using DirectorySync.Chassis.Sql;
using Npgsql;

namespace DirectorySync.Kit;

/// <summary>How PostgreSQL runs a query.</summary>
public static class QueryPlan
{
    /// <summary>The plan with the rows of each step: of a query that is planned once for all values, what it comes to is another plan.</summary>
    public static async Task<string> OfAsync(TestDatabase database, SqlText query, bool isPlannedOnce)
    {
        var plan = "";
        await using var connection = new NpgsqlConnection(database.AdminConnectionString);
        await connection.OpenAsync();
        connection.Notice += (_, e) => plan = e.Notice.MessageText;
        await Database.InTransactionAsync(
            connection,
            async tx =>
            {
                // Only a plan that was used tells; "explain" knows the values.
                await tx.Sql($"load 'auto_explain'").ExecuteAsync(default);
                foreach (var (name, value) in new[]
                {
                    ("plan_cache_mode", isPlannedOnce ? "force_generic_plan" : "auto"), ("auto_explain.log_level", "notice"),
                    ("auto_explain.log_analyze", "on"), ("auto_explain.log_timing", "off"), ("auto_explain.log_min_duration", "0"),
                })
                {
                    await tx.Sql($"select set_config({name}, {value}, true)").ListAsync(row => row.GetString(0), default);
                }

                return await tx.Sql(query).ListAsync(_ => true, default);
            },
            default);
        return Regex.Replace(plan, @"\A.*?\n(?=[A-Z][A-Za-z ]+\(cost=)", "", RegexOptions.Singleline);
    }
}
