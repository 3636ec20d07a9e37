using System.IO.Pipelines;
using System.Text.Json;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>
/// The body of a PATCH of a group → operations. Its bytes are kept in pooled blocks; members become objects only a batch at a time,
/// so that a replacement of 100,000 of them fits.
/// </summary>
public sealed class GroupPatchBody : IDisposable
{
    private readonly BodyBuffer buffer;
    private readonly ResourceType type;
    private readonly List<(PatchOperator Operator, string? Path, JsonCursor? Value)> operations = [];

    private GroupPatchBody(BodyBuffer buffer, ResourceType type) => (this.buffer, this.type) = (buffer, type);

    /// <summary>Reads to the end. Throws invalidSyntax, or LIMIT_EXCEEDED for more bytes than the limit.</summary>
    public static async Task<GroupPatchBody> ReadAsync(
        PipeReader body, ResourceType? type = null, int limit = BodyLimits.GroupBytes, CancellationToken ct = default)
    {
        var patch = new GroupPatchBody(await BodyBuffer.ReadAsync(body, limit, ct), type ?? ResourceType.Group);
        try
        {
            patch.ReadMessage();
            return patch;
        }
        catch
        {
            patch.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The operations in order, those on members split into batches of which all but the first "continue". Neighbouring additions, and
    /// neighbouring removals, of members come as one operation. Throws invalidPath, invalidFilter, invalidValue, mutability or noTarget.
    /// </summary>
    public IEnumerable<GroupPatchOperation> Operations(int batchSize = PatchLimits.MemberBatch)
    {
        MembersOperation? pending = null;
        var budget = new AttributeBudget();
        foreach (var operation in operations.SelectMany(o => Read(o.Operator, o.Path, o.Value, budget, batchSize)))
        {
            if (pending is not null && MemberOperations.TryJoin(pending, operation.Members, batchSize))
            {
                continue;
            }

            if (pending is not null)
            {
                yield return new GroupPatchOperation { Members = pending };
            }

            pending = operation.Members;
            if (pending is null)
            {
                yield return operation;
            }
        }

        if (pending is not null)
        {
            yield return new GroupPatchOperation { Members = pending };
        }
    }

    public void Dispose() => buffer.Dispose();

    private void ReadMessage()
    {
        var message = Find(buffer.Root().Properties(), "Operations");
        if (message is not { } list || list.Kind() != JsonTokenType.StartArray)
        {
            throw PatchMessage.NoOperations();
        }

        var elements = list.FindElements(PatchLimits.GroupOperations) ?? throw ScimException.LimitExceeded(
            $"A PATCH of a group may have {PatchLimits.GroupOperations} operations; split it.");
        if (elements.Count == 0)
        {
            throw PatchMessage.NoOperations();
        }

        foreach (var element in elements)
        {
            if (element.Kind() != JsonTokenType.StartObject)
            {
                throw ScimException.InvalidSyntax("An operation must be an object with 'op', 'path' and 'value'.");
            }

            var properties = element.Properties();
            var path = Text(properties, "path");
            operations.Add((PatchOperators.Parse(Text(properties, "op")), path is "" ? null : path, Find(properties, "value")));
        }
    }

    private IEnumerable<GroupPatchOperation> Read(
        PatchOperator @operator, string? path, JsonCursor? value, AttributeBudget budget, int batchSize)
    {
        var target = path is null ? null : PatchPath.Parse(path, type);
        if (target is not null && MemberOperations.IsMembers(target.Path, type))
        {
            return MemberOperations.Read(@operator, target, value, batchSize);
        }

        if ((target is null || IsCore(target)) && @operator != PatchOperator.Remove
            && value is { } attributes && attributes.Kind() == JsonTokenType.StartObject)
        {
            return ReadProperties(@operator, attributes, budget, batchSize);
        }

        using var document = value?.Document(budget);
        var reader = new AttributeChangeReader(type, () => new Group());
        reader.Read(@operator, path, document?.RootElement);
        return Operations(reader);
    }

    private IEnumerable<GroupPatchOperation> ReadProperties(
        PatchOperator @operator, JsonCursor attributes, AttributeBudget budget, int batchSize) =>
        attributes.Properties().SelectMany(p => ReadProperty(@operator, p.Name, p.Value, budget, batchSize));

    /// <summary>A property of a value without path; its name may itself be a path that leads to members.</summary>
    private IEnumerable<GroupPatchOperation> ReadProperty(
        PatchOperator @operator, string name, JsonCursor value, AttributeBudget budget, int batchSize)
    {
        if (MemberOperations.IsMembers(name, type))
        {
            return MemberOperations.Read(@operator, new PatchTarget(), value, batchSize);
        }

        if (AttributeChangeReader.IsPath(name) && PatchPath.Parse(name, type) is var target)
        {
            if (MemberOperations.IsMembers(target.Path, type))
            {
                return MemberOperations.Read(@operator, target, value, batchSize);
            }

            if (IsCore(target) && value.Kind() == JsonTokenType.StartObject)
            {
                return ReadProperties(@operator, value, budget, batchSize);
            }
        }

        using var document = value.Document(budget);
        var reader = new AttributeChangeReader(type, () => new Group());
        reader.ReadProperty(@operator, name, document.RootElement);
        return Operations(reader);
    }

    /// <summary>All of the core schema, named by its URN.</summary>
    private bool IsCore(PatchTarget target) => target.Path.Attribute.Length == 0 && target.Path.Schema == type.Core.Urn;

    private static IEnumerable<GroupPatchOperation> Operations(AttributeChangeReader reader) => reader.Changes.Select(
        change => new GroupPatchOperation
        {
            Attribute = new() { Operator = change.Operator, Target = change.Target, Value = (Group?)change.Value },
        });

    private static JsonCursor? Find(List<(string Name, JsonCursor Value)> properties, string name)
    {
        var index = properties.FindIndex(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return index < 0 ? null : properties[index].Value;
    }

    private static string? Text(List<(string Name, JsonCursor Value)> properties, string name)
    {
        if (Find(properties, name) is not { } cursor || cursor.Kind() == JsonTokenType.Null)
        {
            return null;
        }

        var reader = cursor.Reader();
        reader.Read();
        return reader.TokenType == JsonTokenType.String
            ? JsonCursor.Text(ref reader)
            : throw ScimException.InvalidSyntax($"'{name}' of an operation must be text.");
    }
}
