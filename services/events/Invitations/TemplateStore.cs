using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Events.Invitations;

/// <summary>What invitations say.</summary>
internal sealed class TemplateStore(Database database, TimeProvider time)
{
    public async Task<InvitationTemplate> GetAsync(CancellationToken ct) => await database.Sql($"select t.data from invitation_templates t")
        .FindAsync(row => InvitationTemplate.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct) ?? TemplateRules.Usual;

    public async Task<InvitationTemplate> UpdateAsync(InvitationTemplate wanted, CancellationToken ct)
    {
        var updated = new InvitationTemplate { Subject = wanted.Subject, Text = wanted.Text, Html = wanted.Html };
        if (updated.Equals(new()))
        {
            await database.Sql($"delete from invitation_templates").ExecuteAsync(ct);
            return TemplateRules.Usual;
        }

        TemplateRules.Check(updated);
        updated.UpdateTime = time.GetUtcNow().ToTimestamp();
        await database.Sql($"""
            insert into invitation_templates (data) values ({updated.ToByteArray()}) on conflict (only_row) do update set data = excluded.data
            """).ExecuteAsync(ct);
        return updated;
    }
}
