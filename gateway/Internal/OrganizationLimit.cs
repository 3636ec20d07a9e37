using System.Buffers;
using System.Buffers.Binary;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Auth;
using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Internal;

/// <summary>
/// What a key of one organization may call: methods whose request names a directory or an organization, if all that it names are its own. Which
/// fields these are is read from the contracts. A foreign directory is as absent as one that does not exist.
/// </summary>
internal sealed class OrganizationLimit(
    DirectoryService.DirectoryServiceClient directories, ServiceCalls calls, IOptions<GatewayOptions> options, TimeProvider time)
{
    private const int FrameHeader = 5;
    private const int LargestRequest = 4 * 1024 * 1024;
    private const int Depth = 3;

    // What belongs to the deployment, although its requests name a directory or an organization.
    private static readonly string[] OfTheDeployment = ["WebhookService", "CreateApiKey", "CreateOrganization"];

    private readonly AnswerMemory<string, GetDirectoryResponse> memory = new(options.Value.CredentialMemory, capacity: 20_000, time);

    /// <summary>Throws unless the call stays within the key's organization. The request's body stays unread.</summary>
    public async Task CheckAsync(HttpContext http, ApiKey key, MethodDescriptor method)
    {
        if (OfTheDeployment.Contains(method.Service.Name) || OfTheDeployment.Contains(method.Name))
        {
            throw Refused();
        }

        var (ofDirectories, ofOrganizations) = (new HashSet<string>(), new HashSet<string>());
        Find(method, await PeekAsync(http, method), 0, ofDirectories, ofOrganizations);
        if (ofDirectories.Count + ofOrganizations.Count == 0)
        {
            throw Refused();
        }

        if (ofOrganizations.Any(id => id != key.OrganizationId))
        {
            throw ErrorReason.ResourceNotFound.ToRpc("The organization does not exist.");
        }

        foreach (var id in ofDirectories)
        {
            var requestId = http.TraceIdentifier;
            var found = await memory.GetAsync(
                id,
                () => calls.SendAsync(requestId, call => directories.GetDirectoryAsync(new() { Id = id }, call).ResponseAsync),
                http.RequestAborted);
            if (found.Directory.OrganizationId != key.OrganizationId)
            {
                throw ErrorReason.ResourceNotFound.ToRpc("The directory does not exist.");
            }
        }

        http.Features.Get<Audit.V1.Actor>()?.OrganizationId = key.OrganizationId;
    }

    /// <summary>Collects the ids that the message holds.</summary>
    internal static void Find(MethodDescriptor method, IMessage message, int depth, HashSet<string> directories, HashSet<string> organizations)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.FieldType == FieldType.Message && !field.IsRepeated)
            {
                if (depth < Depth && field.Accessor.GetValue(message) is IMessage part)
                {
                    Find(method, part, depth + 1, directories, organizations);
                }
            }
            else if (field.FieldType == FieldType.String && Meant(method, field) is { } meant)
            {
                var values = field.IsRepeated ? ((System.Collections.IEnumerable)field.Accessor.GetValue(message)).Cast<string>()
                    : [(string)field.Accessor.GetValue(message)];
                (meant == "directory" ? directories : organizations).UnionWith(values.Where(value => value.Length > 0));
            }
        }
    }

    private static string? Meant(MethodDescriptor method, FieldDescriptor field) => field.Name switch
    {
        "directory_id" or "directory_ids" => "directory",
        "organization_id" or "organization_ids" => "organization",
        // The request's own id, or that of the resource in it.
        "id" when method.Service.Name == "DirectoryService" => "directory",
        "id" when method.Service.Name == "OrganizationService" => "organization",
        _ => null,
    };

    private static async Task<IMessage> PeekAsync(HttpContext http, MethodDescriptor method)
    {
        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted);
            var buffer = read.Buffer;
            if (TryRead(buffer, method, out var message) || read.IsCompleted)
            {
                // As if nothing had been read.
                reader.AdvanceTo(buffer.Start);
                return message ?? throw ErrorReason.InvalidValue.ToRpc("The call has no complete request.");
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static bool TryRead(ReadOnlySequence<byte> buffer, MethodDescriptor method, out IMessage? message)
    {
        message = null;
        if (buffer.Length < FrameHeader)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[FrameHeader];
        buffer.Slice(0, FrameHeader).CopyTo(header);
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (header[0] != 0 || length > LargestRequest)
        {
            throw ErrorReason.InvalidValue.ToRpc(
                "Requests with a key of one organization are looked into: they are sent without compression, and have at most 4 MiB.");
        }

        if (buffer.Length < FrameHeader + length)
        {
            return false;
        }

        try
        {
            message = method.InputType.Parser.ParseFrom(buffer.Slice(FrameHeader, length));
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            throw ErrorReason.InvalidValue.ToRpc("The request is not a message of this method.");
        }
    }

    private static RpcException Refused() => ErrorReason.ScopeMissing.ToRpc(
        "This API key is limited to one organization, and the call does not name it or a directory of it. Name one, or use a key of the whole deployment.");
}
