using DirectorySync.Chassis.Audit;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace DirectorySync.Events.Invitations;

/// <summary>What invitations say.</summary>
internal sealed class TemplateStore(Database database, TimeProvider time)
{
    public async Task<InvitationTemplate> GetAsync(CancellationToken ct) => await database.Sql($"select t.data from invitation_templates t")
        .FindAsync(Read, ct) ?? TemplateRules.Usual;

    public Task<InvitationTemplate> UpdateAsync(InvitationTemplate wanted, CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            var before = await tx.Sql($"select t.data from invitation_templates t for update").FindAsync(Read, ct);
            var updated = new InvitationTemplate { Subject = wanted.Subject, Text = wanted.Text, Html = wanted.Html };
            if (updated.Equals(new()))
            {
                await tx.Sql($"delete from invitation_templates").ExecuteAsync(ct);
                tx.Audit("invitation_template.updated", "", before);
                return TemplateRules.Usual;
            }

            TemplateRules.Check(updated);
            updated.UpdateTime = time.GetUtcNow().ToTimestamp();
            await tx.Sql($"""
                insert into invitation_templates (data) values ({updated.ToByteArray()}) on conflict (only_row) do update set data = excluded.data
                """).ExecuteAsync(ct);
            tx.Audit("invitation_template.updated", "", before, updated);
            return updated;
        },
        ct);

    private static InvitationTemplate Read(NpgsqlDataReader row) => InvitationTemplate.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));
}
